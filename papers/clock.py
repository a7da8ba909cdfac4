"""The clock that every worker shares; it hangs in the lowest room, so that the doors of all can see it."""

from __future__ import annotations

import datetime as dt

from django.db import connection


def database_now() -> dt.datetime:
    """Return the database's time (UTC): workers whose own clocks jump or differ still agree on who is due."""
    if connection.vendor == "sqlite":
        sql = "SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')"
    else:
        sql = "SELECT clock_timestamp() AT TIME ZONE 'UTC'"
    with connection.cursor() as cursor:
        cursor.execute(sql)
        (now,) = cursor.fetchone()
    return (dt.datetime.fromisoformat(now) if isinstance(now, str) else now).replace(tzinfo=dt.UTC)
