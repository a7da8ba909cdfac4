"""A new link to the preferences, by letter."""

from __future__ import annotations

import datetime as dt

from subscribers import letters
from subscribers.models import Notice, Subscriber

_COOL_DOWN = dt.timedelta(minutes=10)


def send_new_link(reader: Subscriber, *, now: dt.datetime) -> None:
    """Write to the reader's own address, unless a letter with a link has just been written."""
    recent = reader.notices.filter(kind=Notice.Kind.MANAGE, created_at__gt=now - _COOL_DOWN)
    if not recent.exists():
        letters.write(reader, Notice.Kind.MANAGE, now=now)
