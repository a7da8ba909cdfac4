"""Databases and seeds of the fault tests: SEEDS=3 READERS=5000 make test-faults for a campaign."""

import os

import pytest

from bench.postgres import cluster, find_binaries
from tests.faults.arena import PostgresDatabase, SqliteFile

SEEDS = int(os.environ.get("SEEDS", "1"))
READERS = int(os.environ.get("READERS", "500"))


@pytest.fixture(scope="session")
def postgres_cluster():
    """A cluster of the tests' own, at settings that keep what was committed."""
    if find_binaries() is None:
        pytest.skip("PostgreSQL is not installed")
    with cluster(options="-c fsync=on -c shared_buffers=64MB") as server:
        yield server


@pytest.fixture(params=["sqlite", "postgres"])
def database(request, tmp_path_factory):
    if request.param == "sqlite":
        return SqliteFile(tmp_path_factory.getbasetemp())
    return PostgresDatabase(request.getfixturevalue("postgres_cluster"))


def pytest_generate_tests(metafunc):
    if "seed" in metafunc.fixturenames:
        metafunc.parametrize("seed", range(1, SEEDS + 1))


@pytest.fixture
def readers() -> int:
    return READERS
