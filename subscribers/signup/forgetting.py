"""What nobody confirmed is not ours to keep."""

from __future__ import annotations

import datetime as dt

from subscribers.models import Ask, Subscriber

# The link lives a week; one week more, somebody who finds the letter late can still ask for a new one.
KEPT = dt.timedelta(days=14)


def forget(*, now: dt.datetime) -> int:
    """Delete old asks and the readers who never confirmed; return how many rows went. The consent ledger stays."""
    long_ago = now - KEPT
    asks, _by_model = Ask.objects.filter(created_at__lt=long_ago).delete()
    still_asking = Ask.objects.filter(subscriber__isnull=False).values("subscriber")
    unconfirmed = Subscriber.objects.filter(state=Subscriber.State.PENDING, created_at__lt=long_ago)
    readers, _by_model = unconfirmed.exclude(pk__in=still_asking).delete()
    return asks + readers
