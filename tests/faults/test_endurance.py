"""Two hundred deaths over one edition: READERS, KILLS and SEEDS by the environment (make test-faults-endurance)."""

import os
import time

import pytest

from tests.faults.arena import PATIENCE_SECONDS, Arena
from tests.faults.databases import PostgresDatabase

pytestmark = [pytest.mark.faults, pytest.mark.slow]
CONNECTIONS = 10
KILLS = int(os.environ.get("KILLS", "20"))


def test_a_worker_dies_every_hundred_letters(postgres_cluster, tmp_path, seed, readers):
    """F01: two workers; one of them, by lot, gets kill -9 while letters leave, and is replaced at once."""
    with Arena(tmp_path, PostgresDatabase(postgres_cluster), readers=readers, seed=seed) as arena:
        arena.sink.delay = 0.02
        resumes = []
        for _ in range(2):
            arena.start()
        for kill in range(1, KILLS + 1):
            # Spread over the edition, each while letters are on the wire.
            arena.wait_for_letters(kill * (readers * 9 // 10) // KILLS)
            time.sleep(arena.random.uniform(0, 0.05))
            arena.kill(arena.random.choice(arena.workers))
            killed, seen = time.monotonic(), len(arena.sink.recipients)
            arena.start()
            arena.wait(lambda seen=seen: len(arena.sink.recipients) > seen, seconds=PATIENCE_SECONDS, what="the next")
            resumes.append(time.monotonic() - killed)
        arena.clear()
        arena.drain(seconds=600)
        verdict = arena.verdict()
        print(f"{KILLS} kills; longest silence after one {max(resumes):.1f} s; {verdict}")  # noqa: T201
        verdict.demand(most_doubled=CONNECTIONS * KILLS)
        # A letter that was in the gap at two deaths is not sent a third time: its row says so to the editor.
        reasons = arena.rows("SELECT DISTINCT reason FROM newsletter_digest WHERE state = 'failed'")
        assert all(reason.startswith("ambiguous") for (reason,) in reasons)
        assert verdict.states["sent"] >= readers * 0.99
