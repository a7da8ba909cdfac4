"""Databases, seeds and sizes of the fault tests; campaign.py sets them by the environment."""

import os
from dataclasses import asdict

import pytest

from bench.postgres import cluster, find_binaries
from tests.faults import oracle
from tests.faults.catalogue import faults_of
from tests.faults.databases import PostgresDatabase, SqliteFile

SEEDS = os.environ.get("SEEDS", "1")  # 1-3, or 4,7
ONLY = set(filter(None, os.environ.get("FAULTS_ONLY", "").split(",")))
READERS = int(os.environ.get("READERS", "250"))


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


def seeds(words: str) -> list[int]:
    first, is_range, last = words.partition("-")
    return list(range(int(first), int(last) + 1)) if is_range else [int(one) for one in words.split(",")]


def pytest_generate_tests(metafunc):
    if "seed" in metafunc.fixturenames:
        metafunc.parametrize("seed", seeds(SEEDS))


def pytest_collection_modifyitems(config, items):
    if ONLY:
        others = [item for item in items if not ONLY & set(faults_of(item.nodeid))]
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if ONLY & set(faults_of(item.nodeid))]


@pytest.fixture
def readers() -> int:
    return READERS


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Give the report what the oracle found: the campaign counts it, wherever it ran."""
    report = yield
    if call.when == "call":
        report.user_properties.append(("verdicts", [asdict(one) for one in oracle.VERDICTS]))
        oracle.VERDICTS.clear()
    return report
