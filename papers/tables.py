"""Whether the database has the tables that this program was written for; in the lowest room, for the doors of all."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from pkgutil import iter_modules

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder


def missing() -> str:
    """Return what to do about tables that are older than the program, "" when they are not.

    Newer ones are no matter: workers of the version before go on while the tables change.
    """
    waiting = sorted(_ours() - MigrationRecorder(connection).applied_migrations().keys())
    if not waiting:
        return ""
    names = ", ".join(".".join(one) for one in waiting[:3])
    more = f" and {len(waiting) - 3} more" if len(waiting) > 3 else ""
    return f"The tables are older than this program: run “manage.py migrate” first. Missing: {names}{more}."


@cache
def _ours() -> frozenset[tuple[str, str]]:
    """Return our rooms' migrations, by their files: Django's own look loads them all and takes 18 ms, not 0.5."""
    rooms = (config for config in apps.get_app_configs() if Path(config.path).parent == settings.BASE_DIR)
    return frozenset(
        (room.label, module.name) for room in rooms for module in iter_modules([str(Path(room.path, "migrations"))])
    )
