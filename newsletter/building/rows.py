"""Writing digest rows in bulk: the ORM's way costs ten times as much, and a million readers wait."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, NamedTuple

from django.db import connection

from newsletter.models import Digest, Edition
from newsletter.models.within import array_literal


class Row(NamedTuple):
    """What differs from digest to digest; every other column starts with its default."""

    subscriber_id: int
    picks: str  # as the row keeps them
    topics: int  # that the reader follows
    is_first: bool
    reason: str
    state: Digest.State
    due_at: dt.datetime
    expires_at: dt.datetime


def insert_digests(edition: Edition, rows: Sequence[Row], *, now: dt.datetime) -> int:
    """Insert the rows whose reader has none for that edition yet; return how many that were."""
    groups: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in rows:  # thousands of readers share their hour
        groups[row[3:]].append(row)
    same = {"edition_id": edition.pk, "created_at": now} | _defaults()
    inserted = 0
    for (is_first, reason, state, due_at, expires_at), group in groups.items():
        own = {"is_first": is_first, "reason": reason, "state": state.value}
        inserted += _insert(same | own | {"due_at": due_at, "expires_at": expires_at, "not_before": due_at}, group)
    return inserted


def _insert(shared: dict[str, Any], rows: Sequence[Row]) -> int:
    """Insert rows that differ in their readers, picks and number of topics alone."""
    head = f"INSERT INTO newsletter_digest ({', '.join([*shared, 'subscriber_id', 'picks', 'topics'])}) "
    tail = " ON CONFLICT (edition_id, subscriber_id) DO NOTHING"
    blanks, values = ", ".join(["%s"] * len(shared)), _adapted(shared.values())
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            columns = [array_literal(column) for column in list(zip(*rows, strict=True))[:3]]
            select = f"SELECT {blanks}, own.* FROM unnest(%s::bigint[], %s::text[], %s::smallint[]) AS own"  # noqa: S608
            cursor.execute(head + select + tail, [*values, *columns])
        else:
            own = [(*values, *row[:3]) for row in rows]
            cursor.executemany(f"{head}VALUES ({blanks}, %s, %s, %s){tail}", own)
        return cursor.rowcount


def _adapted(values: Iterable[Any]) -> list[Any]:
    adapt = connection.ops.adapt_datetimefield_value
    return [adapt(value) if isinstance(value, dt.datetime) else value for value in values]


@cache
def _defaults() -> dict[str, Any]:
    """Return the columns that every new digest has alike, with their values."""
    new = Digest()
    own = {"edition_id", "created_at", *Row._fields, "not_before"}
    columns = (field for field in Digest._meta.concrete_fields if not field.primary_key and field.column not in own)
    return {str(field.column): getattr(new, field.attname) for field in columns}
