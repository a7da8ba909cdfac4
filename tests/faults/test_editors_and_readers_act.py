"""Readers come and leave, and editors press buttons, while an edition is on its way."""

import datetime as dt
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.faults.arena import Arena
from tests.faults.web import Web

pytestmark = pytest.mark.faults


def test_nobody_who_left_gets_a_letter(database, tmp_path, seed, readers):
    """F43: readers leave by the hundred; whose leave was confirmed before the intent of their letter gets none."""
    with Arena(tmp_path, database, readers=readers, seed=seed) as arena:
        arena.sink.delay = 0.05
        with Web(arena) as web:
            tokens = web.tokens()
            gone = arena.random.sample(sorted(tokens), readers // 3)
            arena.start()
            arena.wait_for_letters(20)
            done_at: dict[str, dt.datetime] = {}

            def leave(email: str) -> None:
                while not web.one_click(tokens[email]):
                    time.sleep(0.05)
                done_at[email] = dt.datetime.now(dt.UTC)

            with ThreadPoolExecutor(16) as crowd:
                list(crowd.map(leave, gone))
            arena.clear()
            arena.drain()
        arena.verdict().demand(most_doubled=0)
        intents = arena.rows(
            "SELECT s.email, d.sending_at FROM newsletter_digest d JOIN subscribers_subscriber s"
            " ON s.id = d.subscriber_id WHERE d.sending_at IS NOT NULL AND s.state = 'unsubscribed'"
        )
        late = [email for email, at in intents if _time(at) > done_at[email]]
        assert not late, f"written to after they had left: {late[:5]}"
        assert len(done_at) == len(gone)


def _time(value):
    if isinstance(value, str):
        value = dt.datetime.fromisoformat(value)
    return value if value.tzinfo else value.replace(tzinfo=dt.UTC)


def test_the_web_is_killed_while_readers_leave(database, tmp_path, seed):
    """F09: a reader who heard "done" has left; who did not asks again; each leave is recorded once."""
    with Arena(tmp_path, database, readers=250, seed=seed) as arena, Web(arena) as web:
        tokens = web.tokens()
        stop = threading.Event()

        def kill() -> None:
            for _ in range(8):
                stop.wait(arena.random.uniform(0.2, 1))
                web.kill_a_child()

        killer = threading.Thread(target=kill)
        killer.start()

        def leave(token: str) -> None:
            while not web.one_click(token):
                time.sleep(0.05)

        try:
            with ThreadPoolExecutor(8) as crowd:
                list(crowd.map(leave, tokens.values()))
        finally:
            stop.set()
            killer.join()
        left = arena.rows("SELECT count(*) FROM subscribers_subscriber WHERE state = 'unsubscribed'")
        assert left == [(250,)]
        records = arena.rows("SELECT count(*) FROM subscribers_consentrecord WHERE action = 'withdrawn'")
        assert records == [(250,)]
        assert arena.start("--once").wait(timeout=240) == 0
        assert "sent" not in arena.states()


def test_readers_who_come_in_the_due_minute_get_one_and_the_deleted_none(database, tmp_path, seed, readers):
    """F44: confirmations while the edition is built and sent; others are deleted with all that is known of them."""
    with Arena(tmp_path, database, readers=readers, seed=seed) as arena:
        arena.sink.delay = 0.2
        arena.start()
        arena.wait_for_letters(20)
        emails = [email for (email,) in arena.rows("SELECT email FROM subscribers_subscriber")]
        arena.act("confirm", 0, 10)
        erased = arena.random.sample(sorted(set(emails) - set(arena.sink.recipients)), 20)
        arena.act("erase", erased)
        # The batch whose intent stood before the deletion.
        intended = arena.rows("SELECT id FROM newsletter_digest WHERE state = 'sending'")
        ids = ", ".join(str(pk) for (pk,) in intended) or "0"
        on_the_way = f"SELECT 1 FROM newsletter_digest WHERE state = 'sending' AND id IN ({ids})"
        arena.wait(lambda: not arena.rows(on_the_way), what="what was intended has left")
        had_one = set(arena.sink.recipients)
        arena.act("confirm", 10, 20)
        arena.drain()
        arena.wait(lambda: _all_served(arena), what="the late comers are served")
        arena.drain()
        arena.verdict().demand(most_doubled=0)
        late = [who for who in arena.sink.recipients if who.startswith("late")]
        assert len(set(late)) == len(late) == 20
        assert not set(erased) & (set(arena.sink.recipients) - had_one)


def _all_served(arena):
    due = "SELECT count(*) FROM subscribers_subscriber WHERE last_digest_day IS NULL"
    return arena.rows(due) == [(0,)]


def test_pause_and_resume_ten_times_a_second(database, tmp_path, seed, readers):
    """F48: an editor in doubt loses and doubles nothing."""
    with Arena(tmp_path, database, readers=readers, seed=seed) as arena:
        arena.sink.delay = 0.02
        arena.start()
        arena.wait_for_letters(1)
        for number in range(40):
            arena.execute(f"UPDATE newsletter_edition SET is_paused = {'true' if number % 2 == 0 else 'false'}")
            time.sleep(0.1)
        arena.act("press_resume_ten_times")
        arena.clear()
        arena.drain()
        arena.verdict().demand(most_doubled=0)


def test_an_edition_cancelled_on_its_way_stops(database, tmp_path, seed, readers):
    """F48: what is on the wire arrives; every other reader's row says that the editor cancelled."""
    with Arena(tmp_path, database, readers=readers, seed=seed) as arena:
        arena.sink.delay = 0.05
        arena.start()
        arena.wait_for_letters(60)
        arena.act("order", "cancel")
        arena.drain()
        arena.verdict().demand(most_doubled=0)
        assert arena.states()["skipped"] > 0
