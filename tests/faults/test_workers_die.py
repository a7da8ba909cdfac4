"""Workers killed, stopped and restarted in the middle of an edition."""

import signal
import time

import pytest

from tests.faults.arena import PATIENCE_SECONDS, Arena
from tests.faults.worker import PLACES

pytestmark = pytest.mark.faults
CONNECTIONS = 10  # a worker's, so as many letters may be between acceptance and record when it dies


def test_kill_9_again_and_again(database, tmp_path, seed, readers):
    """F01: a worker dies every 0.3 to 0.8 s of its work."""
    with Arena(tmp_path, database, readers=readers, seed=seed) as arena:
        kills = 0
        for _ in range(database.most_workers):
            arena.start()
        while len(arena.sink.recipients) < readers * 0.9 and kills < 8:
            seen = len(arena.sink.recipients)
            arena.wait(
                lambda seen=seen: len(arena.sink.recipients) > seen, seconds=PATIENCE_SECONDS, what="one letter more"
            )
            time.sleep(arena.random.uniform(0, 0.1))
            arena.kill(arena.random.choice(arena.workers))
            arena.start()
            kills += 1
        arena.clear()
        arena.drain()
        arena.verdict().demand(most_doubled=CONNECTIONS * kills)


def test_the_whole_tree_is_killed(database, tmp_path, seed, readers):
    """F02: parent and children at once; others come a moment later."""
    with Arena(tmp_path, database, readers=readers, seed=seed) as arena:
        arena.sink.delay = 0.02
        for _ in range(database.most_workers):
            arena.start()
        arena.wait_for_letters(arena.random.randint(20, readers // 2))
        arena.kill_all()
        arena.clear()
        for _ in range(database.most_workers):
            arena.start()
        arena.drain()
        arena.verdict().demand(most_doubled=CONNECTIONS * database.most_workers)


def test_a_worker_that_gets_no_more_memory(database, tmp_path, seed, readers):
    """F46: it may grow by a few megabytes only; whatever fails then, another worker finishes it."""
    with Arena(tmp_path, database, readers=readers, seed=seed) as arena:
        arena.sink.delay = 0.02
        starved = arena.start("--memory", str(arena.random.randint(2, 30)))
        time.sleep(3)
        arena.kill(starved)
        arena.clear()
        arena.start()
        arena.drain()
        arena.verdict().demand(most_doubled=CONNECTIONS)
        assert arena.states() == {"sent": readers}


@pytest.mark.parametrize("place", PLACES)
def test_death_at_a_named_place(database, tmp_path, seed, place):
    """F03, F04: at each step between a due reader and a finished edition."""
    with Arena(tmp_path, database, readers=250, seed=seed) as arena:
        number = arena.random.randint(1, 100) if place in ("before_dot", "after_250", "after_record") else 1
        worker = arena.start("--die", f"{place}:{number}")
        worker.wait(timeout=PATIENCE_SECONDS)
        arena.clear()
        arena.start()
        arena.drain()
        verdict = arena.verdict()
        verdict.demand(most_doubled=CONNECTIONS if place in ("before_dot", "after_250", "after_record") else 0)


def test_a_deploy_loses_and_doubles_nothing(database, tmp_path, seed):
    """F05: SIGTERM in the middle; the worker ends its batch and goes."""
    with Arena(tmp_path, database, readers=600, seed=seed) as arena:
        worker = arena.start()
        arena.wait_for_letters(50)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(timeout=25) == 0
        arena.forget(worker)
        arena.clear()
        arena.start()
        arena.drain()
        arena.verdict().demand(most_doubled=0)


def test_a_stopped_worker_that_wakes_up_is_fenced(database, tmp_path, seed):
    """F06: SIGSTOP past the lease, while another takes over."""
    if database.most_workers < 2:
        pytest.skip("SQLite has one sender; a stopped one keeps the place until it is killed")
    with Arena(tmp_path, database, readers=600, seed=seed) as arena:
        first = arena.start("--lease", "3")
        arena.wait_for_letters(50)
        first.send_signal(signal.SIGSTOP)
        arena.start("--lease", "3")
        time.sleep(6)
        first.send_signal(signal.SIGCONT)
        arena.clear()
        arena.drain()
        arena.verdict().demand(most_doubled=CONNECTIONS)


def test_many_that_start_at_the_same_instant_send_once(database, tmp_path, seed):
    """F08: four loops at once build one edition."""
    with Arena(tmp_path, database, readers=250, seed=seed) as arena:
        for _ in range(4):
            arena.start()
        arena.drain()
        arena.verdict().demand(most_doubled=0)
        assert arena.rows("SELECT count(*) FROM newsletter_edition") == [(1,)]


def test_a_row_that_takes_its_worker_down_fails_alone(database, tmp_path, seed):
    """F41 (SIGSEGV): a poison row costs five workers and itself; a supervisor restarts them."""
    with Arena(tmp_path, database, readers=100, seed=seed) as arena:
        poison = str(arena.random.randint(1, 100))
        worker = arena.start("--poison", poison)
        for _ in range(5):
            worker.wait(timeout=PATIENCE_SECONDS)
            worker = arena.start("--poison", poison)
        arena.drain()
        arena.verdict().demand(most_doubled=0)
        assert arena.rows("SELECT id FROM newsletter_digest WHERE state = 'failed'") == [(int(poison),)]


def test_one_row_in_a_hundred_cannot_be_made_and_the_first_of_all(database, tmp_path, seed, readers):
    """F41, F42: addresses that no header takes, the first of them at the head of the first batch."""
    with Arena(tmp_path, database, readers=readers, seed=seed) as arena:
        poisoned = [1, *arena.random.sample(range(2, readers), readers // 100)]
        ids = ", ".join(map(str, poisoned))
        bad = {
            "sqlite": "'a' || char(10) || 'Bcc: x' || id || '@host.example'",
            "postgres": "E'a\\nBcc: x' || id || '@host.example'",
        }
        arena.execute(f"UPDATE subscribers_subscriber SET email = {bad[database.name]} WHERE id IN ({ids})")
        arena.start()
        arena.drain()
        arena.verdict().demand(most_doubled=0)
        assert arena.states() == {"sent": readers - len(poisoned), "failed": len(poisoned)}
