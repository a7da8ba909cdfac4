"""A file between the look and the yes.

It stands in a row of the table of sessions, a row of its own: rows that have ended are deleted there each hour, and no
other page carries the file along. Once it is being brought the row says only since when, so that a second press leads
to the same result.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass
from typing import Any

from django.contrib.sessions.models import Session
from django.utils.crypto import get_random_string

_WAITS = dt.timedelta(hours=1)


@dataclass(slots=True)
class Waiting:
    """One file, who showed it and what it was understood as; times and the day as ISO, since a session is JSON."""

    by: int
    name: str
    kind: str
    day: str
    file: str  # the bytes as Latin-1
    until: str = ""
    brought_at: str = ""

    def put(self, *, now: dt.datetime) -> str:
        """Keep it for an hour; return its key."""
        key, until = get_random_string(32), now + _WAITS
        self.until = until.isoformat()
        Session.objects.save(key, asdict(self), until)
        return key

    @classmethod
    def find(cls, key: str, *, by: int | None, now: dt.datetime) -> Waiting | None:
        """Return what this person showed less than an hour ago."""
        row = Session.objects.filter(pk=key, expire_date__gt=now).first()
        kept: dict[str, Any] = row.get_decoded() if row else {}
        return cls(**kept) if "brought_at" in kept and kept["by"] == by else None

    def take(self, key: str, *, now: dt.datetime) -> bool:
        """Let the row go on without the file and say whether it is ours to bring: of two presses one hits."""
        mine = Session.objects.filter(pk=key, expire_date=dt.datetime.fromisoformat(self.until))
        until = now + _WAITS
        left = asdict(self) | {"file": "", "until": until.isoformat(), "brought_at": now.isoformat()}
        return mine.update(session_data=Session.objects.encode(left), expire_date=until) == 1
