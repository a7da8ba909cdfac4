"""The clock of a worker's machine jumps in the middle of an edition."""

import datetime as dt
import os
import time
from pathlib import Path

import pytest

from tests.faults.arena import Arena

pytestmark = pytest.mark.faults
LIBRARIES = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
HOURS = {"an hour ahead": 1, "an hour back": -1, "a day ahead": 24}


class FalseClock:
    """What the workers of an arena take for the time; it stands in a file that libfaketime reads at every look."""

    def __init__(self, arena: Arena) -> None:
        if not LIBRARIES:
            pytest.skip("libfaketime is not installed (apt-get install libfaketime)")
        self.file = arena.folder / "clock"
        self.set(0)
        arena.environment |= {
            "LD_PRELOAD": str(LIBRARIES[0]),
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_NO_CACHE": "1",
            # The monotonic clock of a real machine does not jump either; time.sleep then needs a hand (worker.py).
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def set(self, hours: float) -> None:
        draft = self.file.with_suffix(".new")
        draft.write_text(f"{hours * 3600:+.0f}s\n")
        draft.rename(self.file)


@pytest.mark.parametrize("jump", HOURS)
def test_a_clock_that_jumps_makes_no_storm_and_no_second_digest(database, tmp_path, seed, readers, jump):
    """F36: leases and "who is due" go by the database's clock; with SQLite that is the machine's own."""
    if database.name == "sqlite" and jump == "a day ahead":
        pytest.skip("with SQLite the machine's clock is the only one: a day ahead is the next day")
    with Arena(tmp_path, database, readers=readers, seed=seed) as arena:
        clock = FalseClock(arena)
        arena.sink.delay = 0.02
        arena.start()
        arena.wait_for_letters(20)
        clock.set(HOURS[jump])
        if database.most_workers > 1:
            arena.start()
        time.sleep(2)
        clock.set(0)
        arena.clear()
        arena.drain()
        arena.verdict().demand(most_doubled=0)
        assert arena.rows("SELECT count(*) FROM newsletter_edition") == [(1,)]


def test_the_trial_really_shifts_the_clock(tmp_path):
    """Without this a library that does not load would make every trial above pass."""
    if not LIBRARIES:
        pytest.skip("libfaketime is not installed (apt-get install libfaketime)")
    import subprocess

    (tmp_path / "clock").write_text("+86400s\n")
    environment = {
        **os.environ,
        "LD_PRELOAD": str(LIBRARIES[0]),
        "FAKETIME_TIMESTAMP_FILE": str(tmp_path / "clock"),
        "FAKETIME_NO_CACHE": "1",
    }
    said = subprocess.run(["date", "-u", "+%s"], env=environment, capture_output=True, text=True, check=True).stdout
    ahead = int(said) - dt.datetime.now(dt.UTC).timestamp()
    assert 86_000 < ahead < 87_000
