"""Digests that nobody asks for any more, and what came back for them: gone after DIGESTS_KEPT_DAYS.

Nothing that ranks, judges or counts looks back so far. What readers said once and for all stays without its digest, and
the edition keeps the figures. Any number of workers may do this at once, beside those that send.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from newsletter.experimenting import keep_report
from newsletter.models import Digest, Edition, Event, Experiment
from newsletter.models.statement import commit_lightly

# A transaction of so many digests takes some hundredths of a second.
_AT_A_TIME = 1_000
# Asking for the first rows that are left walks past all that went before, until the database has tidied up: so this
# many numbers are asked for at a time.
_LISTED = 50_000
# Who lives at the date line has a digest chosen on the day before; with a day to spare.
_CHOSEN_BEFORE = dt.timedelta(days=2)


def discard(*, now: dt.datetime, is_over: Callable[[], bool]) -> Counter[str]:
    """Delete "digests" and "events" that are too old, oldest first, until `is_over`; return how many of each."""
    done: Counter[str] = Counter()
    if settings.DIGESTS_KEPT_DAYS:
        for some in _discarded(first_kept(now=now)):
            done += some
            if is_over():  # asked after a step, so that the slowest disk gets on
                break
    return done


def outlived(*, now: dt.datetime) -> Counter[str]:
    """Return how many "digests" and "events" are too old."""
    if not settings.DIGESTS_KEPT_DAYS:
        return Counter()
    first = first_kept(now=now)
    return Counter(
        digests=sum(_settled(edition).count() for edition in _editions(first)),
        events=Event.objects.forgettable(before=_begin(first)).count(),
    )


def first_kept(*, now: dt.datetime) -> dt.date:
    """Return the day of the oldest edition whose digests stay."""
    return now.date() - dt.timedelta(days=settings.DIGESTS_KEPT_DAYS)


def _editions(first: dt.date) -> QuerySet[Edition]:
    there = Exists(Digest.objects.filter(edition=OuterRef("pk")))
    return Edition.objects.ended().filter(there, day__lt=first).order_by("day")


def _settled(edition: Edition) -> QuerySet[Digest]:
    # In the order of the index that begins with the edition: in another, PostgreSQL read the table from its beginning.
    return edition.digests.settled().order_by("subscriber_id")


def _begin(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), dt.UTC)


def _discarded(first: dt.date) -> Iterator[Counter[str]]:
    """Delete, a transaction at a time, and yield how many went."""
    for experiment in Experiment.objects.uncounted_since(_begin(first) + _CHOSEN_BEFORE):
        keep_report(experiment)
    for edition in _editions(first):
        for ids in _batches(_settled(edition)):
            yield _discard_digests(edition, ids, first)
    # Those of no digest: their digest went while they were younger, or there was none.
    for ids in _batches(Event.objects.forgettable(before=_begin(first)).filter(digest=None).order_by("at")):
        yield _discard_events(ids)


def _batches(rows: QuerySet[Any]) -> Iterator[Sequence[int]]:
    """Yield the numbers of these rows, few at a time, all of which are to be gone when the next are asked for."""
    numbers = rows.values_list("pk", flat=True)
    while listed := list(numbers[:_LISTED]):
        yield from (listed[start : start + _AT_A_TIME] for start in range(0, len(listed), _AT_A_TIME))
        if len(listed) < _LISTED:  # what another worker held stays for the next time
            return


@transaction.atomic
def _discard_digests(edition: Edition, ids: Sequence[int], first: dt.date) -> Counter[str]:
    """Delete digests of one edition with what came back for them, and have the edition keep the figures."""
    commit_lightly()
    # Whoever waits for a row here may hold another that we want; what is in anybody's hands stays for the next time.
    mine = Edition.objects.select_for_update(skip_locked=True, no_key=True).filter(pk=edition.pk).first()
    rows = Digest.objects.settled().filter(pk__within=ids).select_for_update(skip_locked=True)
    ids = list(rows.order_by().values_list("pk", flat=True)) if mine else []
    if mine is None or not ids:
        return Counter()
    accounts, came_back = mine.accounts(), Event.objects.filter(digest__within=ids)
    figures = Counter(came_back.of_people())
    events = came_back.forgettable(before=_begin(first)).delete()[0]
    # What is younger, or stays for good, goes on without its digest.
    came_back.update(digest=None)
    # Not delete(): it would load each row, and for each look for events again.
    digests = Digest.objects.filter(pk__within=ids)._raw_delete("default")
    mine.keep_figures(accounts, figures, digests=digests)
    return Counter(digests=digests, events=events)


@transaction.atomic
def _discard_events(ids: Sequence[int]) -> Counter[str]:
    commit_lightly()
    return Counter(events=Event.objects.filter(pk__within=ids).delete()[0])
