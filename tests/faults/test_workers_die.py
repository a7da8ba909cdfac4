"""Workers killed, stopped and restarted in the middle of an edition."""

import signal

import pytest

from tests.faults.arena import Arena, SqliteFile

pytestmark = pytest.mark.faults


@pytest.fixture(params=["sqlite"])
def database(request):
    return SqliteFile()


def test_a_worker_killed_in_the_middle_of_500_digests(database, tmp_path):
    with Arena(tmp_path, database, readers=500, seed=1) as arena:
        worker = arena.start()
        arena.wait_for_letters(arena.random.randint(100, 400))
        arena.kill(worker, signal.SIGKILL)
        arena.start()
        arena.drain()
        arena.verdict().demand(most_doubled=10)
