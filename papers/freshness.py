"""Whether a source is fresh, decided by what it holds: a stale batch comes with status 200 and today's date."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

Freshness = Literal["fresh", "quiet", "stale"]

# When nothing is known yet about a source's habits, UTC: arXiv announces before six, editors pick by noon.
USUAL_HOUR = 14
# Announcements slip by an hour or two without being late.
GRACE = 2
HOURS_KEPT, IDS_KEPT = 10, 4_000


@dataclass(frozen=True, slots=True)
class Memory:
    """What is remembered of a source: the ids of its last batches, when new ones came last, and at which hours."""

    ids: frozenset[str] = frozenset()
    changed_on: dt.date | None = None
    hours: tuple[int, ...] = ()

    @classmethod
    def read(cls, state: dict[str, Any]) -> Memory:
        """Return the memory kept in a source's state."""
        day = state.get("changed_on")
        return cls(
            frozenset(state.get("ids", ())), dt.date.fromisoformat(day) if day else None, tuple(state.get("hours", ()))
        )

    def written(self) -> dict[str, Any]:
        """Return the memory as JSON can keep it."""
        day = self.changed_on.isoformat() if self.changed_on else None
        return {"ids": sorted(self.ids)[-IDS_KEPT:], "changed_on": day, "hours": list(self.hours)}

    @property
    def usual_hour(self) -> int:
        """The hour (UTC) by which new papers were there on most days."""
        return sorted(self.hours)[int(len(self.hours) * 0.8)] if len(self.hours) >= 3 else USUAL_HOUR


def judge(memory: Memory, ids: Iterable[str], *, now: dt.datetime) -> tuple[Freshness, Memory]:
    """Return how fresh a batch of `ids` is at `now` (UTC), and the memory with it in.

    Fresh: ids that no batch before had, or today's came already, or today's are not due yet.
    Quiet: nothing new on a weekend or holiday. Stale: nothing new though the usual hour is over.
    """
    batch = frozenset(ids)
    if batch - memory.ids:
        is_first_today = memory.changed_on != now.date()
        hours = (*memory.hours, now.hour)[-HOURS_KEPT:] if is_first_today and memory.changed_on else memory.hours
        # Those of before are kept: a source answers for some days, and is silent about those on which nothing changed.
        return "fresh", replace(memory, ids=batch | memory.ids, changed_on=now.date(), hours=hours)
    if memory.changed_on == now.date():
        return "fresh", memory
    if is_quiet(now.date()):
        return "quiet", memory
    is_late = now.hour >= memory.usual_hour + GRACE or _missed_a_day(memory.changed_on, now.date())
    return ("stale" if is_late else "fresh"), memory


def _missed_a_day(changed_on: dt.date | None, today: dt.date) -> bool:
    """Tell whether a whole working day lies between the last news and today."""
    if changed_on is None:
        return False
    between = (changed_on + dt.timedelta(days=offset) for offset in range(1, min((today - changed_on).days, 40)))
    return any(not is_quiet(day) for day in between)


def is_quiet(day: dt.date) -> bool:
    """Tell whether no papers are expected: weekends, and the holidays on which arXiv (New York) rests."""
    if day.weekday() >= 5 or (day.month, day.day) in {(1, 1), (6, 19), (7, 4), (12, 24), (12, 25), (12, 31)}:
        return True
    nth = (day.day - 1) // 7 + 1
    is_last = (day + dt.timedelta(days=7)).month != day.month
    return (
        (day.month == 11 and day.weekday() == 3 and nth == 4)  # Thanksgiving
        or (day.month == 1 and day.weekday() == 0 and nth == 3)  # Martin Luther King Day
        or (day.month == 5 and day.weekday() == 0 and is_last)  # Memorial Day
        or (day.month == 9 and day.weekday() == 0 and nth == 1)  # Labor Day
    )
