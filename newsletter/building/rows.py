"""Writing digest rows in bulk: the ORM's way costs ten times as much, and a million readers wait."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from typing import Any, NamedTuple

from django.db import connection, models

from newsletter.models import Digest, Edition


class Row(NamedTuple):
    """What differs from digest to digest; every other column starts with its default."""

    subscriber_id: int
    picks: str  # JSON
    reason: str
    state: Digest.State
    due_at: dt.datetime
    expires_at: dt.datetime

    def values(self) -> tuple[Any, ...]:
        """Return a value for each of `_OWN`."""
        return (self.subscriber_id, self.picks, *self._shared())

    def record(self) -> str:
        """Return the row as a JSON object. The picks are JSON already: an array of texts would be quoted by sign."""
        return f'{{"subscriber_id": {self.subscriber_id}, "picks": {self.picks}, {_tail(self._shared())}}}'

    def _shared(self) -> tuple[Any, ...]:
        return (self.reason, self.state.value, self.due_at, self.expires_at, self.due_at)


# Columns that differ from digest to digest, with their PostgreSQL types.
_OWN = {
    "subscriber_id": "bigint",
    "picks": "jsonb",
    "reason": "text",
    "state": "text",
    "due_at": "timestamptz",
    "expires_at": "timestamptz",
    "not_before": "timestamptz",
}


@lru_cache(maxsize=1024)
def _tail(shared: tuple[Any, ...]) -> str:
    """Return the fields behind the picks, without braces; thousands of readers have them alike."""
    return json.dumps(dict(zip(list(_OWN)[2:], shared, strict=True)), default=str)[1:-1]


def insert_digests(edition: Edition, rows: Sequence[Row], *, now: dt.datetime) -> int:
    """Insert the rows whose reader has none for that edition yet; return how many that were."""
    shared: dict[str, Any] = {"edition_id": edition.pk, "created_at": now} | _defaults()
    blanks = ", ".join(["%s"] * len(shared))
    head = f"INSERT INTO newsletter_digest ({', '.join([*shared, *_OWN])}) "
    tail = " ON CONFLICT (edition_id, subscriber_id) DO NOTHING"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            own = ", ".join(f"{name} {kind}" for name, kind in _OWN.items())
            select = f"SELECT {blanks}, own.* FROM json_to_recordset(%s) AS own({own})"  # noqa: S608
            records = f"[{','.join(row.record() for row in rows)}]"
            cursor.execute(head + select + tail, [*shared.values(), records])
        else:
            values = f"VALUES ({blanks}, {', '.join(['%s'] * len(_OWN))})"
            cursor.executemany(head + values + tail, [_adapted((*shared.values(), *row.values())) for row in rows])
        return cursor.rowcount


def _adapted(values: Iterable[Any]) -> list[Any]:
    adapt = connection.ops.adapt_datetimefield_value
    return [adapt(value) if isinstance(value, dt.datetime) else value for value in values]


@cache
def _defaults() -> dict[str, Any]:
    """Return the columns that every new digest has alike, with their values."""
    new = Digest()
    return {str(field.column): getattr(new, field.attname) for field in _columns() if field.column not in _OWN}


def _columns() -> Iterable[models.Field]:
    mine = (field for field in Digest._meta.concrete_fields if not field.primary_key)
    return (field for field in mine if field.column not in ("edition_id", "created_at"))
