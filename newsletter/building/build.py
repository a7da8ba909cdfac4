"""From due readers to digest rows, a chunk of readers a transaction: a kill anywhere loses and doubles nothing."""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import TextField
from django.db.models.functions import Cast

from newsletter.building.choosing import Choice, Choosing
from newsletter.building.newcomers import newcomers
from newsletter.building.rows import Row, insert_digests
from newsletter.models import Digest, Edition
from newsletter.models.statement import commit_lightly
from subscribers.cadence import Due, Wishes, expires_at, next_due
from subscribers.models import Subscriber

# Small enough that a page waits for SQLite's one writer a moment only, large enough that queries cost little a reader.
CHUNK = 1000
# A day older than this cannot have an unexpired digest.
_ONE_DAY = dt.timedelta(days=1)
_TOO_LATE = Choice(reason="missed: nothing was sent in time", state=Digest.State.SKIPPED)
# Rows and not Subscribers: a model with all its columns costs as much as all the rest of a reader.
_COLUMNS = (
    *("pk", "size", "min_papers", "wants_quiet_letter", "next_digest_at", "next_digest_day", "timezone", "hour"),
    *("cadence", "paused_until", "quiet_holidays", "last_digest_day", "confirmed_at"),
)


def build_due(*, now: dt.datetime, limit: int | None = None) -> int:
    """Give everybody who is due at `now` a digest row (up to `limit` readers); return how many readers were served."""
    Subscriber.objects.resume_rested(now=now)
    first = Subscriber.objects.due(now=now).first()
    if first is not None and first.next_digest_day is not None:
        # Before the first chunk and not in it: the other builders would wait for that chunk's commit to see the row.
        Edition.objects.of_day(first.next_digest_day)
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
    commit_lightly()
    # Locked rows belong to another builder; the rest is ours until the commit.
    due = Subscriber.objects.due(now=now).select_for_update(skip_locked=True)
    columns = due.annotate(days_json=Cast("days", TextField())).values_list(*_COLUMNS, "days_json", named=True)
    readers = list(columns[:CHUNK])
    for day, turns in _turns_by_day(readers).items():
        _build_day(day, turns, choosing, now=now)
    return len(readers)


class Rhythm(NamedTuple):
    """When readers want digests, and which is due; whoever shares it has the same dates, so they are computed once."""

    at: dt.datetime
    day: dt.date
    timezone: str
    hour: int
    cadence: str
    days: str  # as JSON: read for each rhythm, not for each reader
    paused_until: dt.date | None
    quiet_holidays: str

    @classmethod
    def of(cls, row: Any) -> Rhythm:
        at = row.next_digest_at
        day = row.next_digest_day or at.date()
        rest = (row.timezone, row.hour, row.cadence, row.days_json, row.paused_until, row.quiet_holidays)
        return cls(at, day, *rest)

    def expires_at(self) -> dt.datetime:
        return expires_at(Due(self.at, self.day), self.timezone)

    def next(self, *, now: dt.datetime) -> Due:
        """Return the digest after this one; days that are over when we come back are not made up for."""
        names = ("timezone", "hour", "cadence", "paused_until", "quiet_holidays")
        same = {name: getattr(self, name) for name in names}
        wishes = Wishes(last_day=self.day, days=tuple(json.loads(self.days)), **same)
        return next_due(max(self.at, now - _ONE_DAY), wishes)


Turns = dict[Rhythm, list[Any]]


def _turns_by_day(readers: Iterable[Any]) -> dict[dt.date, Turns]:
    found: dict[dt.date, Turns] = defaultdict(lambda: defaultdict(list))
    for reader in readers:
        rhythm = Rhythm.of(reader)
        found[rhythm.day][rhythm].append(reader)
    return found


def _build_day(day: dt.date, turns: Turns, choosing: Choosing, *, now: dt.datetime) -> None:
    edition = Edition.objects.of_day(day)
    in_time = [reader for rhythm, readers in turns.items() if rhythm.expires_at() > now for reader in readers]
    chosen = dict(zip((reader.pk for reader in in_time), choosing.choices(edition, in_time), strict=True))
    new = newcomers([reader for readers in turns.values() for reader in readers], now=now)
    rows = [row for rhythm, readers in turns.items() for row in _rows(rhythm, readers, chosen, new)]
    inserted = insert_digests(edition, rows, now=now)
    _write_ahead(turns, day, now=now)
    # Last: it locks the edition's row until the commit, and the other builders wait for it.
    edition.mark_building(candidates=len(rows), excluded=len(rows) - inserted)


def _rows(rhythm: Rhythm, readers: Sequence[Any], chosen: dict[int, Choice], new: set[int]) -> list[Row]:
    expiry = rhythm.expires_at()
    return [
        _row(reader.pk, chosen.get(reader.pk, _TOO_LATE), reader.pk in new, rhythm.at, expiry) for reader in readers
    ]


def _row(pk: int, choice: Choice, is_first: bool, due_at: dt.datetime, expires_at: dt.datetime) -> Row:
    return Row(pk, choice.picks, choice.topics, is_first, choice.reason, choice.state, due_at, expires_at)


def _write_ahead(turns: Turns, day: dt.date, *, now: dt.datetime) -> None:
    groups: dict[Due, list[int]] = defaultdict(list)
    for rhythm, readers in turns.items():
        groups[rhythm.next(now=now)] += [reader.pk for reader in readers]
    for due, ids in groups.items():
        _plan(ids, due, day)


def _plan(ids: Collection[int], due: Due, day: dt.date) -> None:
    readers = Subscriber.objects.filter(pk__within=ids)
    readers.update(next_digest_at=due.at, next_digest_day=due.day, last_digest_day=day)
