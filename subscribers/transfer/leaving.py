"""Handing readers out as a table that a spreadsheet can open without running it."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import Prefetch, QuerySet

from subscribers.models import Subscriber, TopicPreference

_COLUMNS = [
    "email",
    "state",
    "topics",
    "keywords",
    "authors",
    "cadence",
    "days",
    "hour",
    "timezone",
    "size",
    "min_papers",
    "wants_quiet_letter",
    "wants_updates",
    "quiet_holidays",
    "paused_until",
    "language",
    "tracking",
    "created_at",
    "confirmed_at",
    "announcements_since",
    "left_at",
]
_WORDS = {-2: ":never", -1: ":less", 1: "", 2: ":more"}
_CHUNK = 2000


def export(readers: QuerySet[Subscriber]) -> Iterator[str]:
    """Return the table as CSV text, some rows at a time."""
    wishes = Prefetch("topic_preferences", TopicPreference.objects.select_related("topic").order_by("topic_id"))
    found = readers.order_by("pk").prefetch_related(wishes).iterator(_CHUNK)
    return as_csv(_COLUMNS, ([_text(reader, column) for column in _COLUMNS] for reader in found))


def as_csv(columns: list[str], rows: Iterable[list[str]]) -> Iterator[str]:
    """Yield a table as CSV text, the names of the columns first, with every cell guarded; some rows at a time."""
    sheet = io.StringIO()
    writer = csv.writer(sheet)
    writer.writerow(columns)
    for number, row in enumerate(rows, 1):
        writer.writerow(map(_safe_cell, row))
        if number % _CHUNK == 0:
            yield _emptied(sheet)
    yield _emptied(sheet)


def _text(reader: Subscriber, column: str) -> str:
    if column == "topics":
        return ";".join(f"{wish.topic.slug}{_WORDS[wish.weight]}" for wish in reader.topic_preferences.all())
    value: Any = getattr(reader, column)
    if isinstance(value, list):
        # Each by itself: a spreadsheet that parts cells at semicolons would begin one with the second word.
        return ";".join(_safe_cell(str(item)) for item in value)
    if isinstance(value, dt.date):
        return value.isoformat()
    return "" if value is None else str(value)


def _safe_cell(cell: str) -> str:
    """Guard a cell that a spreadsheet would run as a formula; reading it back takes the guard off."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r", "'")) else cell


def _emptied(sheet: io.StringIO) -> str:
    text = sheet.getvalue()
    sheet.seek(0)
    sheet.truncate()
    return text
