"""The database restarts, crashes, freezes, cuts connections or is locked in the middle of an edition."""

import os
import signal
import sqlite3
import threading
import time

import psycopg
import pytest

from bench.postgres import cluster, find_binaries
from tests.faults.arena import Arena
from tests.faults.databases import PostgresDatabase, SqliteFile
from tests.faults.web import Web

pytestmark = pytest.mark.faults
CONNECTIONS = 10


@pytest.mark.parametrize("mode", ["fast", "immediate", "kill"])
def test_postgres_goes_away_and_comes_back(postgres_cluster, tmp_path, seed, readers, mode):
    """F16, F17: a restart, a crash, kill -9 of the whole server; a committed intent is still there."""
    with Arena(tmp_path, PostgresDatabase(postgres_cluster), readers=readers, seed=seed) as arena:
        arena.start()
        arena.wait_for_letters(arena.random.randint(readers // 10, readers // 2))
        postgres_cluster.stop(mode)
        time.sleep(1)
        postgres_cluster.start()
        arena.clear()
        arena.drain()
        arena.verdict().demand(most_doubled=CONNECTIONS)


def test_connections_are_cut_each_second(postgres_cluster, tmp_path, seed, readers):
    """F18: an impatient administrator."""
    with Arena(tmp_path, PostgresDatabase(postgres_cluster), readers=readers, seed=seed) as arena:
        arena.sink.delay = 0.02
        arena.start()
        arena.wait_for_letters(20)
        for _ in range(5):
            arena.database.cut()
            time.sleep(1)
        arena.clear()
        arena.drain()
        arena.verdict().demand(most_doubled=CONNECTIONS * 5)


def test_a_frozen_database_and_rows_that_somebody_holds(postgres_cluster, tmp_path, seed, readers):
    """F19: the server's processes are stopped, then a hand in psql holds rows; two workers never share a row."""
    with Arena(tmp_path, PostgresDatabase(postgres_cluster), readers=readers, seed=seed) as arena:
        arena.sink.delay = 0.02
        arena.start()
        arena.start()
        arena.wait_for_letters(20)
        os.killpg(postgres_cluster.pid, signal.SIGSTOP)
        time.sleep(3)
        os.killpg(postgres_cluster.pid, signal.SIGCONT)
        arena.clear()
        with psycopg.connect(postgres_cluster.address(arena.database.trial)) as hand:
            hand.execute("SELECT id FROM newsletter_digest WHERE state = 'pending' LIMIT 50 FOR UPDATE")
            time.sleep(2)
        arena.drain()
        arena.verdict().demand(most_doubled=0)


@pytest.fixture(scope="module")
def small_cluster():
    """A server that takes ten connections at most."""
    if find_binaries() is None:
        pytest.skip("PostgreSQL is not installed")
    options = "-c fsync=on -c shared_buffers=32MB -c max_connections=10 -c superuser_reserved_connections=0"
    with cluster(options=options) as server:
        yield server


def test_when_no_connection_is_left_workers_wait_and_pages_say_so(small_cluster, tmp_path, seed):
    """F20: ten guests sit on all ten connections for a while."""
    with Arena(tmp_path, PostgresDatabase(small_cluster), readers=250, seed=seed) as arena:
        arena.sink.delay = 0.02
        with Web(arena) as web:
            arena.start()
            arena.wait_for_letters(20)
            guests = []
            while len(guests) < 10:
                try:
                    guests.append(psycopg.connect(small_cluster.address("postgres")))
                except psycopg.OperationalError:
                    # The worker and the web hold the last ones.
                    _cut(guests, arena.database.trial)
            status, _ = web.get("/")
            assert status == 503
            time.sleep(2)
            for guest in guests:
                guest.close()
            arena.clear()
            arena.drain()
            assert web.get("/")[0] == 200
        arena.verdict().demand(most_doubled=CONNECTIONS)


def _cut(guests, name):
    guests[0].execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
    guests[0].commit()


@pytest.mark.parametrize(("held", "patience"), [(10, 20), (4, 1)])
def test_sqlite_is_locked_by_somebody_else(tmp_path, tmp_path_factory, seed, held, patience):
    """F22: another process holds the one write lock, shorter and longer than a worker waits for it."""
    with Arena(tmp_path, SqliteFile(tmp_path_factory.getbasetemp()), readers=250, seed=seed) as arena:
        arena.sink.delay = 0.02
        arena.start("--busy", str(patience))
        arena.wait_for_letters(20)

        def hold() -> None:
            connection = sqlite3.connect(arena.database.path, timeout=20, isolation_level=None)
            connection.execute("BEGIN EXCLUSIVE")
            time.sleep(held)
            connection.execute("ROLLBACK")
            connection.close()

        holder = threading.Thread(target=hold)
        holder.start()
        holder.join()
        arena.clear()
        arena.drain()
        arena.verdict().demand(most_doubled=CONNECTIONS)


def test_a_migration_runs_while_old_and_new_workers_send(database, tmp_path, seed, readers):
    """F45: a column and an index come in the middle; the old worker does not know of them."""
    with Arena(tmp_path, database, readers=readers, seed=seed) as arena:
        arena.sink.delay = 0.02
        old = arena.start()
        arena.wait_for_letters(20)
        arena.execute("ALTER TABLE newsletter_digest ADD COLUMN of_tomorrow integer NULL")
        arena.execute("CREATE INDEX of_tomorrow ON newsletter_digest (of_tomorrow)")
        arena.start()
        time.sleep(1)
        old.send_signal(signal.SIGTERM)
        assert old.wait(timeout=60) == 0
        arena.forget(old)
        arena.clear()
        arena.drain()
        arena.verdict().demand(most_doubled=0)


def test_yesterdays_backup_sends_nothing_of_yesterday(database, tmp_path, seed, readers):
    """F47: the backup was taken in the middle of an edition whose day is over now."""
    with Arena(tmp_path, database, readers=readers, seed=seed) as arena:
        arena.sink.delay = 0.02
        arena.start()
        arena.wait_for_letters(60)
        arena.kill_all()
        arena.wait(lambda: not arena.sink.talks, what="what is on the wire has arrived")
        arena.environment["DATABASE_URL"] = database.copy(tmp_path)
        before = len(arena.sink.recipients)
        _a_day_later(arena)
        arena.start()
        arena.drain()
        arena.verdict().demand(most_doubled=0)
        assert len(arena.sink.recipients) == before
        assert arena.rows("SELECT state FROM newsletter_edition") == [("expired",)]


def _a_day_later(arena):
    """Let the backup be of yesterday: every date of the edition lies two days back, and nobody is due now."""
    back = {"sqlite": "strftime('%Y-%m-%d %H:%M:%f', {}, '-2 days')", "postgres": "{} - interval '2 days'"}
    earlier = back[arena.database.name].format
    for table, columns in {
        "newsletter_edition": ["expires_at"],
        "newsletter_digest": ["due_at", "expires_at", "not_before", "lease_until", "sending_at", "created_at"],
    }.items():
        arena.execute(f"UPDATE {table} SET " + ", ".join(f"{column} = {earlier(column)}" for column in columns))
    arena.execute("UPDATE newsletter_edition SET day = '2026-01-01'")
    arena.execute("UPDATE subscribers_subscriber SET next_digest_at = NULL, next_digest_day = NULL")
