"""Statements that the ORM writes once: those of a batch differ in their ids and names only.

Writing them anew for every batch took 2 ms of the processor each, together a tenth of what the letters cost.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from django.db import connections, models
from django.db.models import Value
from django.db.models.sql import UpdateQuery

from newsletter.models.within import as_one


class Given(Value):
    """A value, or a collection for `within`, that is known when the statement runs."""

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        """Return a placeholder with itself as its parameter."""
        return "%s", [self]


class Statement:
    """SQL that is written at its first use, by `write` from all rows of a model."""

    def __init__(self, write: Callable[[models.QuerySet], tuple[str, tuple[Any, ...]]]) -> None:
        self._write = write
        self._written: dict[str, tuple[str, tuple[Any, ...]]] = {}

    def __call__(self, rows: models.QuerySet, **given: Any) -> list[tuple]:
        """Run it with what is `Given`; return the columns of each row, plain numbers and texts."""
        assert not rows.query.where, "it is about all rows and knows no further filter"
        connection = connections[rows.db]
        if connection.vendor not in self._written:
            self._written[connection.vendor] = self._write(rows)
        sql, params = self._written[connection.vendor]
        with connection.cursor() as cursor:
            cursor.execute(sql, [_filled(param, given, connection) for param in params])
            return cursor.fetchall()


def select(make: Callable[[Any], models.QuerySet]) -> Statement:
    """Return the statement that reads the rows which `make` chooses, and the columns it names."""
    return Statement(lambda rows: _sql_of(make(rows).query, rows))


def select_some(make: Callable[[Any], models.QuerySet]) -> Statement:
    """Return the same for the first of them, as many as `limit` says when it runs."""

    def write(rows: models.QuerySet) -> tuple[str, tuple[Any, ...]]:
        sql, params = _sql_of(make(rows).query, rows)
        return f"{sql} LIMIT %s", (*params, Given("limit"))

    return Statement(write)


def update(
    returning: str, *given: Given
) -> Callable[[Callable[[Any], tuple[models.QuerySet, dict[str, Any]]]], Statement]:
    """Return UPDATE … RETURNING, for which the ORM has no word: what was changed, known without asking again.

    One statement, so the guard and the answer cannot differ. PostgreSQL, and SQLite from 3.35 on. It is made of the
    rows that are guarded and the values they get; `given` are the placeholders in `returning`.
    """

    def of(make: Callable[[Any], tuple[models.QuerySet, dict[str, Any]]]) -> Statement:
        def write(rows: models.QuerySet) -> tuple[str, tuple[Any, ...]]:
            guarded, values = make(rows)
            query = guarded.query.chain(UpdateQuery)
            query.add_update_values(values)  # type: ignore[attr-defined]
            sql, params = _sql_of(query, rows)
            return f"{sql} RETURNING {returning}", (*params, *given)

        return Statement(write)

    return of


def commit_lightly(alias: str = "default") -> None:
    """Let the commit of this transaction not wait for the disk: for what a power loss may take back as a whole.

    It is done again then; and nothing that was committed after it outlives it.
    """
    if connections[alias].vendor == "postgresql":
        with connections[alias].cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit TO off")


def _sql_of(query: Any, rows: models.QuerySet) -> tuple[str, tuple[Any, ...]]:
    sql, params = query.get_compiler(rows.db).as_sql()
    return sql, tuple(params)


def _filled(param: Any, given: dict[str, Any], connection: Any) -> Any:
    if not isinstance(param, Given):
        return param
    value = given[param.value]
    if isinstance(value, Collection) and not isinstance(value, str):
        return as_one(value, connection)
    return connection.ops.adapt_unknown_value(value)
