"""When the next digest is due: plain values in, plain values out; no Django, no clock, no database.

A reader has one digest a due local day. The rules for a wall clock that jumps:
an hour that a spring change leaves out means the first instant after the gap; an hour that an autumn change brings
twice means its first pass; a local day that never happens (the date line moved: Samoa, 30 December 2011) has no digest.
"""

from __future__ import annotations

import datetime as dt
import re
import zoneinfo
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module

# By its name: its calendars of moons are 2.6 MB that nobody has a use for until a reader wants quiet holidays.
_HOLIDAYS = "holidays"

_EVERY_DAY = frozenset(range(7))
_MONDAY_TO_FRIDAY = frozenset(range(5))
_ONE_DAY = dt.timedelta(days=1)
# A digest may be late by this much even when its local day ends sooner (a reader who chose 23:00).
_GRACE = dt.timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Wishes:
    """When a reader wants digests. Weekdays count from Monday = 0; `hour` is local, 0 to 23.

    `days` counts for the cadences "days" (none chosen: every day) and "weekly" (its first; none: Monday).
    `paused_until` is the first local day with a digest again. `last_day` is the day of the newest digest: after a
    flight across the date line the same day does not come twice. `quiet_holidays` is the country (ISO 3166, two
    letters) on whose public holidays no digest comes; empty for none.
    """

    cadence: str = "daily"
    days: tuple[int, ...] = ()
    timezone: str = "UTC"
    hour: int = 7
    paused_until: dt.date | None = None
    last_day: dt.date | None = None
    quiet_holidays: str = ""


@dataclass(frozen=True, slots=True)
class Due:
    """The next digest: the instant it is due (UTC) and the reader's local day that it is for."""

    at: dt.datetime
    day: dt.date


def next_due(after: dt.datetime, wishes: Wishes) -> Due:
    """Return the first digest that is due later than `after` (an aware time)."""
    weekdays = _weekdays(wishes.cadence, wishes.days)
    day = _first_day(after, wishes)
    while True:  # ends: each week has a wanted day, and no weekday is a holiday all year
        if day.weekday() in weekdays and day not in _holidays(wishes.quiet_holidays, day.year):
            at = due_instant(wishes.timezone, wishes.hour, day)
            if at is not None and at > after:
                return Due(at, day)
        day += _ONE_DAY


def expires_at(due: Due, timezone: str) -> dt.datetime:
    """Return when a digest that has not left is too late: the end of its local day, six hours after due at least."""
    midnight = due_instant(timezone, 0, due.day + _ONE_DAY) or due.at + _ONE_DAY
    return max(midnight, due.at + _GRACE)


# A million readers live in some hundred zones and 24 hours: three days of them are 45,000 answers.
@lru_cache(maxsize=1 << 16)
def due_instant(timezone: str, hour: int, day: dt.date) -> dt.datetime | None:
    """Return the UTC instant of that local hour and day; None for a local day that never happens."""
    zone = zone_of(timezone)
    wall = dt.datetime.combine(day, dt.time(hour))
    at = wall.replace(tzinfo=zone).astimezone(dt.UTC)  # fold=0: the first of two
    if at.astimezone(zone).replace(tzinfo=None) == wall:
        return at
    jump = _end_of_gap(wall, zone)
    around = {jump.astimezone(zone).date(), (jump - dt.timedelta(seconds=1)).astimezone(zone).date()}
    return jump if day in around else None


@lru_cache(maxsize=1024)
def zone_of(timezone: str) -> dt.tzinfo:
    """Return the zone; UTC for a name that the tz database does not know, so that one bad row stops nobody's mail."""
    try:
        return zoneinfo.ZoneInfo(timezone)
    except (KeyError, ValueError, OSError):
        return dt.UTC


def countries() -> dict[str, str]:
    """Return the countries whose public holidays we know: code → English name, in the order of the names."""
    known = import_module(f"{_HOLIDAYS}.registry").COUNTRIES.values()
    names = {code: re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name) for name, code, *_ in known}
    return {
        code: re.sub(r" (And|Of|The)\b", lambda word: word[0].lower(), name)
        for code, name in sorted(names.items(), key=lambda item: item[1])
    }


@lru_cache(maxsize=1024)
def _holidays(country: str, year: int) -> frozenset[dt.date]:
    if not country:
        return frozenset()
    try:
        return frozenset(import_module(_HOLIDAYS).country_holidays(country, years=[year]))
    except NotImplementedError:  # a country that the library dropped: mail comes as if none had been chosen
        return frozenset()


def _first_day(after: dt.datetime, wishes: Wishes) -> dt.date:
    day = after.astimezone(zone_of(wishes.timezone)).date()
    if wishes.paused_until is not None and wishes.paused_until > day:
        day = wishes.paused_until
    if wishes.last_day is not None and wishes.last_day >= day:
        day = wishes.last_day + _ONE_DAY
    return day


@lru_cache(maxsize=1024)
def _weekdays(cadence: str, days: tuple[int, ...]) -> frozenset[int]:
    chosen = sorted(_EVERY_DAY.intersection(days))
    if cadence == "weekdays":
        return _MONDAY_TO_FRIDAY
    if cadence == "weekly":
        return frozenset(chosen[:1] or [0])
    return frozenset(chosen) if cadence == "days" and chosen else _EVERY_DAY


def _end_of_gap(wall: dt.datetime, zone: dt.tzinfo) -> dt.datetime:
    """Return the instant of the jump that leaves out this wall time, by halving the hours around it to a second."""
    before = wall.replace(tzinfo=zone, fold=1).astimezone(dt.UTC)
    after = wall.replace(tzinfo=zone, fold=0).astimezone(dt.UTC)
    offset = after.astimezone(zone).utcoffset()
    while after - before > dt.timedelta(seconds=1):
        middle = before + (after - before) // 2
        middle = middle.replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == offset:
            after = middle
        else:
            before = middle
    return after
