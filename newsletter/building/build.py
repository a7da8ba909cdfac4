"""From due readers to digest rows, a chunk of readers a transaction: a kill anywhere loses and doubles nothing."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection

from django.db import transaction

from newsletter.building.choosing import Choosing
from newsletter.building.rows import insert_digests
from newsletter.models import Digest, Edition
from subscribers.cadence import Due, expires_at, next_due
from subscribers.models import Subscriber

# Small enough that a page waits for SQLite's one writer a moment only, large enough that queries cost little a reader.
CHUNK = 1000
# A day older than this cannot have an unexpired digest.
_ONE_DAY = dt.timedelta(days=1)
_TOO_LATE = "missed: nothing was sent in time"


def build_due(*, now: dt.datetime, limit: int | None = None) -> int:
    """Give everybody who is due at `now` a digest row (up to `limit` readers); return how many readers were served."""
    Subscriber.objects.resume_rested(now=now)
    choosing = Choosing(now=now)
    served = 0
    while limit is None or served < limit:
        count = _build_chunk(choosing, now=now)
        if not count:
            break
        served += count
    for edition in Edition.objects.filter(state=Edition.State.BUILDING):
        edition.mark_ready()
    return served


@transaction.atomic
def _build_chunk(choosing: Choosing, *, now: dt.datetime) -> int:
    # Locked rows belong to another builder; the rest is ours until the commit.
    readers = list(Subscriber.objects.due(now=now).select_for_update(skip_locked=True)[:CHUNK])
    for day, group in _by_day(readers).items():
        _build_day(day, group, choosing, now=now)
    return len(readers)


def _by_day(readers: Collection[Subscriber]) -> dict[dt.date, list[Subscriber]]:
    groups = defaultdict(list)
    for reader in readers:
        groups[_due(reader).day].append(reader)
    return groups


def _due(reader: Subscriber) -> Due:
    assert reader.next_digest_at is not None  # due() saw to it
    day = reader.next_digest_day or reader.next_digest_at.date()
    return Due(reader.next_digest_at, day)


def _build_day(day: dt.date, readers: list[Subscriber], choosing: Choosing, *, now: dt.datetime) -> None:
    edition = Edition.objects.of_day(day)
    digests = [_digest(edition, reader) for reader in readers]
    in_time = [pair for pair in zip(readers, digests, strict=True) if pair[1].expires_at > now]
    choosing.fill(edition, in_time)
    inserted = insert_digests(digests, now=now)
    edition.mark_building(candidates=len(readers), excluded=len(readers) - inserted)
    _write_ahead(readers, day, now=now)


def _digest(edition: Edition, reader: Subscriber) -> Digest:
    """Return the reader's row as it stays when nobody fills it in time."""
    due = _due(reader)
    return Digest(
        edition=edition,
        subscriber=reader,
        due_at=due.at,
        not_before=due.at,
        expires_at=expires_at(due, reader.timezone),
        state=Digest.State.SKIPPED,
        reason=_TOO_LATE,
    )


def _write_ahead(readers: Collection[Subscriber], day: dt.date, *, now: dt.datetime) -> None:
    """Write when each reader's next digest is due; days that are over when we come back are not made up for."""
    groups = defaultdict(list)
    for reader in readers:
        reader.last_digest_day = day
        after = max(_due(reader).at, now - _ONE_DAY)
        groups[next_due(after, reader.wishes())].append(reader.pk)
    for due, ids in groups.items():
        Subscriber.objects.filter(pk__in=ids).update(
            next_digest_at=due.at, next_digest_day=due.day, last_digest_day=day
        )
