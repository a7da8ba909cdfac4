"""Who may send here."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.db import connection


@contextlib.contextmanager
def sole_sender() -> Iterator[bool]:
    """Say whether this process may send: SQLite has one writer, so it gets one sender; PostgreSQL takes many."""
    if connection.vendor != "sqlite":
        yield True
        return
    if not connection.in_atomic_block:  # SQLite refuses the change there, and nothing is durable before its end anyway
        with connection.cursor() as cursor:
            # A power loss must not take back an intent whose letter has left.
            cursor.execute("PRAGMA synchronous=FULL")
    with Path(settings.VAR_DIR, "sender.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
