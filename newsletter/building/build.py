"""From due readers to digest rows, a chunk of readers a transaction: a kill anywhere loses and doubles nothing."""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import TextField
from django.db.models.functions import Cast

from newsletter.building.choosing import Choice, Choosing
from newsletter.building.newcomers import newcomers, newness
from newsletter.building.rows import Row, insert_digests
from newsletter.models import Digest, Edition
from newsletter.models.statement import commit_lightly
from subscribers.cadence import Due, Wishes, expires_at, next_due
from subscribers.models import Subscriber

# Small enough that a page waits for SQLite's one writer a moment only, large enough that queries cost little a reader.
CHUNK = 1500
# A day older than this cannot have an unexpired digest.
_ONE_DAY = dt.timedelta(days=1)
_TOO_LATE = Choice(reason="missed: nothing was sent in time", state=Digest.State.SKIPPED)
# Rows and not Subscribers: a model with all its columns costs as much as all the rest of a reader. Times and days as
# texts, which a thousand readers share: the adapter takes 2 µs to read one.
_OWN = ("pk", "size", "min_papers", "wants_quiet_letter", "has_none", "is_young")
_SHARED = ("at_text", "day_text", "timezone", "hour", "cadence", "days_text", "paused_until", "quiet_holidays")
_TEXTS = {"at_text": "next_digest_at", "day_text": "next_digest_day", "days_text": "days"}


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
    texts = {name: Cast(column, TextField()) for name, column in _TEXTS.items()}
    readers = list(due.annotate(**texts, **newness(now)).values_list(*_OWN, *_SHARED, named=True)[:CHUNK])
    for day, turns in _turns_by_day(readers).items():
        _build_day(day, turns, choosing, now=now)
    return len(readers)


class Rhythm(NamedTuple):
    """When readers want digests, and which is due; whoever shares it has the same dates, so they are computed once."""

    at_text: str
    day_text: str | None
    timezone: str
    hour: int
    cadence: str
    days_text: str  # JSON
    paused_until: dt.date | None
    quiet_holidays: str

    @property
    def at(self) -> dt.datetime:
        return _time(self.at_text)

    @property
    def day(self) -> dt.date:
        return dt.date.fromisoformat(self.day_text) if self.day_text else self.at.date()

    def expires_at(self) -> dt.datetime:
        return expires_at(Due(self.at, self.day), self.timezone)

    def next(self, *, now: dt.datetime) -> Due:
        """Return the digest after this one; days that are over when we come back are not made up for."""
        names = ("timezone", "hour", "cadence", "paused_until", "quiet_holidays")
        same = {name: getattr(self, name) for name in names}
        wishes = Wishes(last_day=self.day, days=tuple(json.loads(self.days_text)), **same)
        return next_due(max(self.at, now - _ONE_DAY), wishes)


@lru_cache(maxsize=4_096)
def _time(text: str) -> dt.datetime:
    """Return a time as the database writes it: PostgreSQL with its zone, SQLite in UTC without."""
    time = dt.datetime.fromisoformat(text)
    return time.astimezone(dt.UTC) if time.tzinfo else time.replace(tzinfo=dt.UTC)


Turns = dict[Rhythm, list[Any]]


def _turns_by_day(readers: Iterable[Any]) -> dict[dt.date, Turns]:
    turns: dict[tuple, list[Any]] = defaultdict(list)
    for reader in readers:
        turns[reader[len(_OWN) :]].append(reader)
    found: dict[dt.date, Turns] = defaultdict(dict)
    for shared, group in turns.items():
        rhythm = Rhythm(*shared)
        found[rhythm.day][rhythm] = group
    return found


def _build_day(day: dt.date, turns: Turns, choosing: Choosing, *, now: dt.datetime) -> None:
    edition = Edition.objects.of_day(day)
    in_time = [reader for rhythm, readers in turns.items() if rhythm.expires_at() > now for reader in readers]
    chosen = dict(zip((reader.pk for reader in in_time), choosing.choices(edition, in_time), strict=True))
    new = newcomers(reader for readers in turns.values() for reader in readers)
    rows = [row for rhythm, readers in turns.items() for row in _rows(rhythm, readers, chosen, new)]
    inserted = insert_digests(edition, rows, now=now)
    _write_ahead(turns, day, now=now)
    # Last: it locks the edition's row until the commit, and the other builders wait for it.
    edition.mark_building(candidates=len(rows), excluded=len(rows) - inserted)


def _rows(rhythm: Rhythm, readers: Sequence[Any], chosen: dict[int, Choice], new: set[int]) -> list[Row]:
    due_at, expiry = rhythm.at, rhythm.expires_at()
    choices = [(reader.pk, chosen.get(reader.pk, _TOO_LATE)) for reader in readers]
    return [
        Row._make((pk, picks, topics, pk in new, reason, state, due_at, expiry))
        for pk, (picks, topics, reason, state) in choices
    ]


def _write_ahead(turns: Turns, day: dt.date, *, now: dt.datetime) -> None:
    groups: dict[Due, list[int]] = defaultdict(list)
    for rhythm, readers in turns.items():
        groups[rhythm.next(now=now)] += [reader.pk for reader in readers]
    for due, ids in groups.items():
        _plan(ids, due, day)


def _plan(ids: Collection[int], due: Due, day: dt.date) -> None:
    readers = Subscriber.objects.filter(pk__within=ids)
    readers.update(next_digest_at=due.at, next_digest_day=due.day, last_digest_day=day)
