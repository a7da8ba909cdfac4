"""The database restarts, crashes, cuts connections or stays locked in the middle of an edition."""

import sqlite3
import threading
import time

import pytest

from tests.faults.arena import Arena, PostgresDatabase, SqliteFile

pytestmark = pytest.mark.faults
CONNECTIONS = 10


@pytest.mark.parametrize("mode", ["fast", "immediate", "kill"])
def test_postgres_goes_away_and_comes_back(postgres_cluster, tmp_path, seed, mode):
    """F16, F17: a restart, a crash, kill -9 of the whole server; a committed intent is still there."""
    with Arena(tmp_path, PostgresDatabase(postgres_cluster), readers=600, seed=seed) as arena:
        arena.start()
        arena.wait_for_letters(arena.random.randint(60, 400))
        postgres_cluster.stop(mode)
        time.sleep(1)
        postgres_cluster.start()
        arena.drain()
        arena.verdict().demand(most_doubled=CONNECTIONS)


def test_connections_are_cut_each_second(postgres_cluster, tmp_path, seed):
    """F18: an impatient administrator."""
    with Arena(tmp_path, PostgresDatabase(postgres_cluster), readers=600, seed=seed) as arena:
        arena.start()
        arena.wait_for_letters(20)
        for _ in range(5):
            postgres_cluster.execute(
                f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{arena.database.trial}'"
            )
            time.sleep(1)
        arena.drain()
        arena.verdict().demand(most_doubled=CONNECTIONS * 5)


def test_sqlite_is_locked_by_somebody_else(tmp_path, tmp_path_factory, seed):
    """F22: another process holds the one write lock for ten seconds."""
    with Arena(tmp_path, SqliteFile(tmp_path_factory.getbasetemp()), readers=300, seed=seed) as arena:
        arena.start()
        arena.wait_for_letters(20)

        def hold() -> None:
            connection = sqlite3.connect(arena.database.path, timeout=20, isolation_level=None)
            connection.execute("BEGIN EXCLUSIVE")
            time.sleep(10)
            connection.execute("ROLLBACK")
            connection.close()

        holder = threading.Thread(target=hold)
        holder.start()
        holder.join()
        arena.drain()
        arena.verdict().demand(most_doubled=CONNECTIONS)
