"""A deploy: the program may be newer than its tables for a moment, and workers older than theirs for a while."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, models
from django.db.migrations import AddField, DeleteModel, RemoveField, RenameField, RenameModel, SeparateDatabaseAndState
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from config.celery import get_ready

# Workers older than these had to be stopped first (CHANGELOG.md, step 4).
LAST_THAT_STOPPED_WORKERS = {"newsletter": 11, "papers": 8, "subscribers": 14}


@pytest.fixture
def tables_of_before(db):
    MigrationRecorder(connection).record_unapplied("newsletter", "0014_a_pulse_has_words")


def test_nothing_is_sent_from_tables_of_a_version_before(tables_of_before):
    said = r"run “manage.py migrate” first. Missing: newsletter.0014_a_pulse_has_words\."
    with pytest.raises(CommandError, match=said):
        call_command("run_digests")
    with pytest.raises(CommandError, match=said):
        call_command("run_digests", forever=True)
    with pytest.raises(SystemExit, match=said):
        get_ready()


def test_a_site_without_its_tables_is_not_called_healthy(tables_of_before, client):
    answer = client.get("/healthz/")
    assert (answer.status_code, b"manage.py migrate" in answer.content) == (503, True)


@pytest.mark.django_db
def test_tables_of_a_version_to_come_stop_nobody(client):
    MigrationRecorder(connection).record_applied("newsletter", "9999_of_tomorrow")
    assert client.get("/healthz/").status_code == 200
    call_command("run_digests")


def changes_of_tables(operations):
    """What is done in the database itself, also beside the models."""
    for operation in operations:
        if isinstance(operation, SeparateDatabaseAndState):
            yield from changes_of_tables(operation.database_operations)
        else:
            yield operation


def stops_old_workers(operation):
    """A column that they do not fill and the database does not either, or one that they miss."""
    if isinstance(operation, AddField):
        field = operation.field
        return not (field.null or field.many_to_many or field.db_default is not models.NOT_PROVIDED)
    return isinstance(operation, RemoveField | RenameField | DeleteModel | RenameModel)


MIGRATIONS = MigrationLoader(None).disk_migrations


@pytest.mark.parametrize("room", LAST_THAT_STOPPED_WORKERS)
def test_workers_of_the_version_before_can_live_with_each_migration(room):
    stops = {
        int(name[:4])
        for (label, name), migration in MIGRATIONS.items()
        if label == room and any(map(stops_old_workers, changes_of_tables(migration.operations)))
    }
    assert max(stops) == LAST_THAT_STOPPED_WORKERS[room]
