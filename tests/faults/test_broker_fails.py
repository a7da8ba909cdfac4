"""Redis stops, forgets, is full, hangs, rings twice or was never there: it only rings a bell."""

import signal
import time
from contextlib import ExitStack, suppress

import pytest
from redis.exceptions import RedisError

from tests.faults.arena import Arena
from tests.faults.broker import Celery, redis_server
from tests.faults.web import Web

pytestmark = pytest.mark.faults
READERS = 250


@pytest.fixture
def broker():
    with redis_server() as server:
        if server is None:
            pytest.skip("neither Redis nor Valkey is on this machine")
        yield server


@pytest.fixture
def arena(database, tmp_path, seed, broker):
    with Arena(tmp_path, database, readers=READERS, seed=seed) as arena:
        arena.sink.delay = 0.1
        arena.environment["REDIS_URL"] = broker.url
        yield arena


def stop_and_start(broker):
    broker.stop()
    time.sleep(3)
    broker.start()


def empty(broker):
    for _ in range(5):
        broker.client.flushall()
        time.sleep(0.2)


def fill(broker):
    broker.client.config_set("maxmemory", "1mb")
    time.sleep(3)
    broker.client.config_set("maxmemory", "0")


def refuse_writes(broker):
    broker.client.config_set("min-replicas-to-write", 1)
    time.sleep(3)
    broker.client.config_set("min-replicas-to-write", 0)


def freeze(broker):
    broker.process.send_signal(signal.SIGSTOP)
    time.sleep(3)
    broker.process.send_signal(signal.SIGCONT)


TROUBLES = {verb.__name__: verb for verb in (stop_and_start, empty, fill, refuse_writes, freeze)}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_an_edition_rung_for_by_celery_survives_trouble_of_the_broker(arena, broker, trouble):
    """F10, F11, F13, F14: in the middle of the edition; what is not rung for now is rung for by the next tick."""
    with Celery(arena):
        arena.wait_for_letters(20)
        TROUBLES[trouble](broker)
        arena.clear()
        arena.drain()
    arena.verdict().demand(most_doubled=0)


def test_without_redis_from_start_to_end_the_plain_loop_sends_everything(database, tmp_path, seed):
    """F12: `run_digests` once; it ends by itself when nothing is left to do."""
    with Arena(tmp_path, database, readers=READERS, seed=seed) as arena:
        assert arena.start("--once").wait(timeout=240) == 0
        arena.verdict().demand(most_doubled=0)
        assert arena.states() == {"sent": READERS}


def test_nudges_that_come_thrice_or_a_day_late_change_nothing(arena, broker):
    """F15, F08: twenty at once from three sides, two clocks, and old ones when all is done."""
    with Celery(arena) as celery:
        celery.beat()
        for _ in range(3):
            arena.act("ring", 20)
        arena.drain()
        before = len(arena.sink.recipients)
        arena.act("ring", 20)
        arena.act("ring", 20, True)
        arena.wait(lambda: not broker.client.llen("paper-round:celery"), what="all nudges heard")
        assert len(arena.sink.recipients) == before
    arena.verdict().demand(most_doubled=0)
    assert arena.rows("SELECT count(*) FROM newsletter_edition") == [(1,)]


def test_a_clock_that_was_dead_for_the_due_minute_is_made_up_for(arena):
    """F07: the readers were due ten minutes ago, and nobody rang."""
    past = {"sqlite": "datetime('now', '-10 minutes')", "postgres": "now() - interval '10 minutes'"}
    arena.execute(f"UPDATE subscribers_subscriber SET next_digest_at = {past[arena.database.name]}")
    arena.clear()
    with Celery(arena):
        arena.drain()
    arena.verdict().demand(most_doubled=0)


@pytest.mark.parametrize("trouble", ["gone", "frozen", "full"])
def test_no_page_waits_for_the_broker(database, tmp_path, seed, broker, trouble):
    """F10, F13, F14: signing up, leaving and clicking go on; none of them hangs."""
    with ExitStack() as stack:
        arena = stack.enter_context(Arena(tmp_path, database, readers=20, seed=seed))
        arena.environment |= {"REDIS_URL": broker.url, "SIGN_UP_LEAST_SECONDS": "0"}
        web = stack.enter_context(Web(arena))
        if trouble == "gone":
            broker.stop()
        elif trouble == "frozen":
            broker.process.send_signal(signal.SIGSTOP)
            stack.callback(broker.process.send_signal, signal.SIGCONT)
        else:
            with suppress(RedisError):
                broker.client.config_set("maxmemory", "1mb")
        tokens = web.tokens()
        answers = [web.post_json("/api/subscribe/", email="new@host.example"), web.get("/subscribe/")]
        answers += [web.post(f"/u/{token}/", **{"List-Unsubscribe": "One-Click"}) for token in tokens.values()]
        assert all(status < 500 for status, _ in answers), answers
        assert max(seconds for _, seconds in answers) < 10, answers
        left = arena.rows("SELECT count(*) FROM subscribers_subscriber WHERE state = 'unsubscribed'")
        assert left == [(20,)]
