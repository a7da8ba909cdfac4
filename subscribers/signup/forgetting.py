"""What nobody confirmed is not ours to keep."""

from __future__ import annotations

import datetime as dt

from subscribers.models import Ask, ImportRun, Subscriber

# The link lives a week; one week more, somebody who finds the letter late can still ask for a new one.
KEPT = dt.timedelta(days=14)


def forget(*, now: dt.datetime) -> int:
    """Delete old asks, readers who never confirmed and files that nobody brought; return how many rows went.

    The consent ledger stays. Of an import that was cut off the record stays, its file goes: --resume brings its own.
    """
    long_ago = now - KEPT
    asks, _by_model = Ask.objects.filter(created_at__lt=long_ago).delete()
    still_asking = Ask.objects.filter(subscriber__isnull=False).values("subscriber")
    unconfirmed = Subscriber.objects.filter(state=Subscriber.State.PENDING, created_at__lt=long_ago)
    readers, _by_model = unconfirmed.exclude(pk__in=still_asking).delete()
    abandoned = ImportRun.objects.filter(finished_at=None, started_at__lt=long_ago)
    files, _by_model = abandoned.filter(rows_done=0).delete()
    abandoned.exclude(content=b"").update(content=b"")
    return asks + readers + files
