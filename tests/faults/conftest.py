"""Databases and seeds of the fault tests: SEEDS=3 READERS=5000 make test-faults for a campaign."""

import json
import os
from dataclasses import asdict
from pathlib import Path

import pytest

from bench.postgres import cluster, find_binaries
from tests.faults import oracle
from tests.faults.databases import PostgresDatabase, SqliteFile

# With a file named here every trial adds a line of JSON to it: python -m tests.faults.table FILE makes the table.
RECORD = os.environ.get("FAULTS_RECORD", "")
SEEDS = int(os.environ.get("SEEDS", "1"))
FIRST_SEED = int(os.environ.get("FIRST_SEED", "1"))
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
        metafunc.parametrize("seed", range(FIRST_SEED, FIRST_SEED + SEEDS))


@pytest.fixture
def readers() -> int:
    return READERS


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if RECORD and (call.when == "call" or report.skipped):
        verdicts, oracle.VERDICTS[:] = [asdict(one) for one in oracle.VERDICTS], []
        found = {"test": item.nodeid, "outcome": report.outcome, "seconds": round(call.duration), "verdicts": verdicts}
        with Path(RECORD).open("a") as file:
            file.write(json.dumps(found) + "\n")
    return report
