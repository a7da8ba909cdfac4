"""UPDATE … RETURNING, for which the ORM has no word: what was changed, known without asking again."""

from __future__ import annotations

from typing import Any

from django.db import connections, models
from django.db.models.sql import UpdateQuery


def update_returning(rows: models.QuerySet, returning: str, *given: Any, **values: Any) -> list[tuple]:
    """Update the rows that the query set names and return these columns of each, as the database holds them then.

    One statement, so the guard and the answer cannot differ. PostgreSQL, and SQLite from 3.35 on. `given` are the
    values of the placeholders in `returning`.
    """
    query = rows.query.chain(UpdateQuery)
    query.add_update_values(values)  # type: ignore[attr-defined]
    sql, params = query.get_compiler(rows.db).as_sql()
    connection = connections[rows.db]
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} RETURNING {returning}", [*params, *map(connection.ops.adapt_unknown_value, given)])
        return cursor.fetchall()
