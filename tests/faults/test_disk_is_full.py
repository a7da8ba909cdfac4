"""A disk without room: under the database, under the journal, under the log."""

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from tests.faults.arena import Arena
from tests.faults.databases import SqliteFile

pytestmark = pytest.mark.faults
CONNECTIONS = 10


@pytest.fixture
def small_disk(tmp_path):
    """A file system of twelve megabytes."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small disk")
    place = tmp_path / "disk"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", place], capture_output=True).returncode:
        pytest.skip("this machine lets nobody mount a small disk")
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)


class Filler:
    """A file that takes all the room there is, until it is taken away."""

    def __init__(self, place: Path) -> None:
        self.path = place / "filler"

    def grow(self) -> None:
        with self.path.open("ab", buffering=0) as file:
            for size in (65_536, 4096, 1):
                try:
                    while file.write(b"x" * size):
                        pass
                except OSError:
                    continue

    def shrink(self) -> None:
        self.path.unlink()


def test_sqlites_disk_is_full_for_a_while(small_disk, tmp_path, tmp_path_factory, seed):
    """F21: no letter leaves without its intent on the disk; when there is room again the rest leaves."""
    database = SqliteFile(tmp_path_factory.getbasetemp(), place=small_disk)
    with Arena(tmp_path, database, readers=250, seed=seed) as arena:
        filler = Filler(small_disk)
        arena.sink.delay = 0.05
        arena.start()
        arena.wait_for_letters(20)
        filler.grow()
        arena.wait(lambda: "away" in arena.log() or len(arena.sink.recipients) == 250, what="the full disk is noticed")
        (intended,) = arena.rows("SELECT count(*) FROM newsletter_digest WHERE attempts > 0")[0]
        assert len(set(arena.sink.recipients)) <= intended
        assert arena.rows("PRAGMA integrity_check") == [("ok",)]
        filler.shrink()
        arena.clear()
        arena.drain()
        arena.verdict().demand(most_doubled=CONNECTIONS)


def test_the_journals_disk_is_full_for_a_while(small_disk, database, tmp_path, seed):
    """F21 for the journal: what cannot be noted does not leave."""
    with Arena(tmp_path, database, readers=250, seed=seed) as arena:
        filler = Filler(small_disk)
        (tmp_path / "var").mkdir(exist_ok=True)
        shutil.rmtree(tmp_path / "var" / "journals", ignore_errors=True)
        (tmp_path / "var" / "journals").symlink_to(small_disk)
        arena.sink.delay = 0.05
        arena.start()
        arena.wait_for_letters(20)
        filler.grow()
        arena.wait(lambda: _is_quiet(arena), what="nothing leaves any more")
        filler.shrink()
        arena.clear()
        arena.drain()
        arena.verdict().demand(most_doubled=CONNECTIONS)


def _is_quiet(arena):
    before = len(arena.sink.recipients)
    time.sleep(1)
    return len(arena.sink.recipients) == before


def test_a_log_that_takes_nothing_harms_no_letter(database, tmp_path, seed):
    """F23: every line that the worker wants to say fails."""
    with Arena(tmp_path, database, readers=250, seed=seed) as arena:
        arena.environment |= {"LOG_LEVEL": "DEBUG", "PYTHONUNBUFFERED": "1"}
        arena.log_file = Path("/dev/full")
        arena.start()
        arena.drain()
        arena.verdict().demand(most_doubled=0)
        assert arena.states() == {"sent": 250}
        time.sleep(2)
        assert arena.workers[0].returncode is None
