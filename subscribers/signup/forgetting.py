"""What nobody confirmed is not ours to keep."""

from __future__ import annotations

import datetime as dt

from django.db.models import Q

from subscribers.models import AddressChange, Ask, ImportRun, Notice, Subscriber, Suppression

# The link lives a week; one week more, somebody who finds the letter late can still ask for a new one.
KEPT = dt.timedelta(days=14)


def forget(*, now: dt.datetime) -> int:
    """Delete old asks, addresses that nobody proved and files that nobody brought; return how many rows went.

    The consent ledger stays. Of an import that was cut off the record stays, its file goes: --resume brings its own.
    """
    long_ago = now - KEPT
    asks, _by_model = Ask.objects.filter(created_at__lt=long_ago).delete()
    return asks + _unconfirmed(long_ago, now) + _moves(long_ago) + _files(long_ago)


def _unconfirmed(long_ago: dt.datetime, now: dt.datetime) -> int:
    """Delete who never confirmed, also whose address is dead or who answered with a leave: of these a hash stays."""
    still_asking = Ask.objects.filter(subscriber__isnull=False).values("subscriber")
    never = Subscriber.objects.exclude(state=Subscriber.State.ACTIVE).exclude(pk__in=still_asking)
    never = never.filter(Q(left_at=None) | Q(left_at__lt=long_ago), confirmed_at=None, created_at__lt=long_ago)
    for reader in never.filter(state=Subscriber.State.UNSUBSCRIBED):
        Suppression.remember(reader.email, Suppression.Reason.LEFT, now=now)
    readers, _by_model = never.delete()
    return readers


def _moves(long_ago: dt.datetime) -> int:
    """Delete the addresses that readers wanted to move to or back to, and did not, with the letters that went there."""
    unproved = AddressChange.objects.filter(confirmed_at=None, asked_at__lt=long_ago)
    kinds = [Notice.Kind.ADDRESS_NEW, Notice.Kind.ADDRESS_OLD]
    letters = Notice.objects.filter(kind__in=kinds, created_at__lt=long_ago)
    told, _by_model = letters.filter(subscriber__in=unproved.values("subscriber")).delete()
    moves, _by_model = unproved.delete()
    return told + moves


def _files(long_ago: dt.datetime) -> int:
    abandoned = ImportRun.objects.filter(finished_at=None, started_at__lt=long_ago)
    files, _by_model = abandoned.filter(rows_done=0).delete()
    abandoned.exclude(content=b"").update(content=b"")
    return files
