"""Readers leave and editors press buttons while an edition is on its way."""

import threading
import time

import pytest

from tests.faults.arena import Arena

pytestmark = pytest.mark.faults


def test_nobody_who_left_gets_a_letter(database, tmp_path, seed):
    """F43: readers leave while their edition is sent; who left before the intent of their letter gets none."""
    with Arena(tmp_path, database, readers=600, seed=seed) as arena:
        arena.start()
        arena.wait_for_letters(20)
        gone = arena.random.sample(range(600), 200)
        for number in gone:
            arena.execute(
                "UPDATE subscribers_subscriber SET state = 'unsubscribed', left_at = next_digest_at"
                f" WHERE email LIKE 'reader{number}@%'"
            )
        arena.drain()
        arena.verdict().demand(most_doubled=0)
        late = arena.rows("SELECT count(*) FROM newsletter_digest WHERE state = 'skipped'")
        sent = len(arena.sink.recipients)
        assert late[0][0] + sent == 600


def test_pause_and_resume_ten_times_a_second(database, tmp_path, seed):
    """F48: an editor in doubt loses and doubles nothing."""
    with Arena(tmp_path, database, readers=600, seed=seed) as arena:
        arena.start()
        arena.wait_for_letters(1)
        stop = threading.Event()

        def press() -> None:
            flag = 0
            while not stop.is_set():
                flag = 1 - flag
                arena.execute(f"UPDATE newsletter_edition SET is_paused = {'true' if flag else 'false'}")
                time.sleep(0.1)
            arena.execute("UPDATE newsletter_edition SET is_paused = false")

        hand = threading.Thread(target=press)
        hand.start()
        time.sleep(4)
        stop.set()
        hand.join()
        arena.drain()
        arena.verdict().demand(most_doubled=0)
