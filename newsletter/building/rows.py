"""Writing digest rows in bulk: the ORM's way costs ten times as much, and a million readers wait."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, NamedTuple

from django.db import connection, models

from newsletter.models import Digest, Edition


class Row(NamedTuple):
    """What differs from digest to digest; every other column starts with its default."""

    subscriber_id: int
    picks: str  # JSON
    reason: str  # why it is not to be sent; empty: it waits
    due_at: dt.datetime
    expires_at: dt.datetime

    def values(self) -> tuple[Any, ...]:
        """Return a value for each of `_OWN`."""
        state = Digest.State.SKIPPED if self.reason else Digest.State.PENDING
        return (*self, self.due_at, state.value)


# Columns that differ from digest to digest, with their PostgreSQL types.
_OWN = {
    "subscriber_id": "bigint",
    "picks": "jsonb",
    "reason": "text",
    "due_at": "timestamptz",
    "expires_at": "timestamptz",
    "not_before": "timestamptz",
    "state": "text",
}


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
            records = f"[{','.join(map(_record, rows))}]"
            cursor.execute(head + select + tail, [*shared.values(), records])
        else:
            values = f"VALUES ({blanks}, {', '.join(['%s'] * len(_OWN))})"
            cursor.executemany(head + values + tail, [_adapted((*shared.values(), *row.values())) for row in rows])
        return cursor.rowcount


def _record(row: Row) -> str:
    """Return the row as a JSON object. The picks are JSON already: an array of texts would be quoted sign by sign."""
    rest = dict(zip(_OWN, row.values(), strict=True))
    del rest["picks"]
    return f'{json.dumps(rest, default=str)[:-1]}, "picks": {row.picks}}}'


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
