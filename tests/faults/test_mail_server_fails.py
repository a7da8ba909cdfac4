"""The mail server drops, hangs, refuses and talks nonsense in the middle of an edition."""

import itertools
import time

import pytest

from tests.faults.arena import Arena
from tests.sink import ACCEPT_DROP, ACCEPT_HANG, ACCEPT_RESET, DRIP, DROP, HANG, RESET

pytestmark = pytest.mark.faults
FAULTS = {  # stage, what happens there, whether the sink has accepted by then
    "banner dropped": ("banner", DROP, False),
    "banner hangs": ("banner", HANG, False),
    "421 at the banner": ("banner", b"421 4.3.2 busy\r\n", False),
    "ehlo dropped": ("ehlo", DROP, False),
    "mail dropped": ("mail", DROP, False),
    "421 at mail": ("mail", b"421 4.7.0 slow down\r\n", False),
    "550 at mail": ("mail", b"550 5.7.1 not you\r\n", False),
    "rcpt dropped": ("rcpt", DROP, False),
    "rcpt hangs": ("rcpt", HANG, False),
    "421 at rcpt": ("rcpt", b"421 4.7.0 slow down\r\n", False),
    "data dropped": ("data", DROP, False),
    "451 at data": ("data", b"451 4.3.0 later\r\n", False),
    "421 at data": ("data", b"421 4.3.2 going down\r\n", False),
    "body dropped": ("body", DROP, False),
    "body reset": ("body", RESET, False),
    "421 after the dot": ("dot", b"421 4.3.2 going down\r\n", False),
    "451 after the dot": ("dot", b"451 4.3.0 later\r\n", False),
    "dropped at the dot": ("dot", DROP, False),
    "accepted and dropped": ("dot", ACCEPT_DROP, True),
    "accepted and reset": ("dot", ACCEPT_RESET, True),
    "accepted and silent": ("dot", ACCEPT_HANG, True),
    "accepted and garbage": ("dot", b"what?\r\n", True),
    "accepted and half a reply": ("dot", b"25", True),
    "quit dropped": ("quit", DROP, False),
    "one byte at a time": ("dot", DRIP, True),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_the_mail_server_in_the_middle(database, tmp_path, seed, fault):
    """F24 to F26, F31: from the second connection's second letter on, for six letters."""
    stage, act, is_accepted = FAULTS[fault]
    left = [6]

    def script(where: str, connection: int, letter: int):
        if where == stage and connection >= 2 and (letter >= 2 or stage in ("banner", "ehlo")) and left[0]:
            left[0] -= 1
            return act
        return None

    with Arena(tmp_path, database, readers=250, seed=seed, script=script) as arena:
        arena.start("--patience", "3")
        arena.wait_for_letters(200)
        arena.clear()
        arena.drain()
        arena.verdict().demand(most_doubled=6 if is_accepted else 0)


def test_a_server_that_closes_after_each_ten_letters(database, tmp_path, seed, readers):
    """F33: with a 421 before the eleventh, on every connection."""

    def script(where: str, connection: int, letter: int):
        return b"421 4.7.0 enough for one connection\r\n" if where == "mail" and letter > 10 else None

    with Arena(tmp_path, database, readers=readers, seed=seed, script=script) as arena:
        arena.start()
        arena.drain()
        arena.verdict().demand(most_doubled=0)
        assert arena.states() == {"sent": readers}


def test_a_host_that_greylists_gets_its_letters_later(database, tmp_path, seed):
    """F27: a fifth of the readers is told "not yet", twice; the minutes between are let pass by the trial."""
    refused = []

    def script(where: str, connection: int, letter: int):
        if where == "rcpt" and letter % 5 == 0 and len(refused) < 100:
            refused.append((connection, letter))
            return b"450 4.2.0 greylisted\r\n"
        return None

    with Arena(tmp_path, database, readers=250, seed=seed, script=script) as arena:
        arena.start()
        arena.drain()
        arena.verdict().demand(most_doubled=0)
        assert arena.states() == {"sent": 250}
        assert len(refused) >= 40


def test_one_in_a_hundred_is_refused_alone(database, tmp_path, seed):
    """F28: each refused reader has a row that says so, and nobody else is held up."""
    numbers = itertools.count(1)

    def script(where: str, connection: int, letter: int):
        return b"550 5.1.1 no such user\r\n" if where == "rcpt" and next(numbers) % 100 == 0 else None

    with Arena(tmp_path, database, readers=250, seed=seed, script=script) as arena:
        arena.start()
        arena.drain()
        arena.verdict().demand(most_doubled=0)
        assert arena.states() == {"sent": 248, "failed": 2}


def test_a_server_that_refuses_everybody_stops_the_edition(database, tmp_path, seed):
    """F29: a few readers pay for it; after the cause is mended the editor resumes and retries, and all get theirs."""
    is_broken = [True]

    def script(where: str, connection: int, letter: int):
        return b"550 5.7.1 blocked for your sender\r\n" if where == "rcpt" and is_broken[0] else None

    with Arena(tmp_path, database, readers=250, seed=seed, script=script) as arena:
        arena.start()
        arena.wait(
            lambda: arena.rows("SELECT is_paused FROM newsletter_edition")[:1] in ([(1,)], [(True,)]), what="brake"
        )
        time.sleep(2)
        assert arena.states().get("failed", 0) <= 50 + 10
        is_broken[0] = False
        arena.clear()
        arena.act("order", "resume")
        arena.act("order", "retry-failed")
        time.sleep(3)
        arena.act("order", "resume")  # the rate of refusals may have stopped it a second time; it does so once
        arena.drain()
        arena.verdict().demand(most_doubled=0)


@pytest.mark.parametrize("reply", [b"535 5.7.8 wrong password\r\n", b"454 4.7.0 later\r\n"])
def test_a_refused_password_burns_no_letter(database, tmp_path, seed, reply):
    """F30: the transport waits; when the password is right again everything leaves."""
    is_refused = [True]

    def script(where: str, connection: int, letter: int):
        return reply if where == "auth" and is_refused[0] else None

    with Arena(tmp_path, database, readers=250, seed=seed, script=script) as arena:
        arena.sink.extensions = ("PIPELINING", "AUTH PLAIN LOGIN")
        arena.environment["EMAIL_URL"] = f"smtp://ada:secret@127.0.0.1:{arena.sink.port}"
        arena.start()
        arena.wait(lambda: any(line.startswith("AUTH") for line in arena.sink.commands), what="a try")
        time.sleep(3)
        assert arena.rows("SELECT max(attempts) FROM newsletter_digest WHERE state = 'pending'")[0][0] in (0, None)
        is_refused[0] = False
        arena.clear()
        arena.drain()
        arena.verdict().demand(most_doubled=0)
        assert arena.states() == {"sent": 250}


def test_where_starttls_was_taken_out_nothing_leaves_in_clear(database, tmp_path, seed):
    """F32: no letter, no address and no password; every row waits, no attempt is burnt."""
    with Arena(tmp_path, database, readers=250, seed=seed) as arena:
        arena.environment["EMAIL_URL"] = f"smtp+tls://ada:secret@127.0.0.1:{arena.sink.port}"
        arena.start()
        arena.wait(lambda: arena.sink.connections >= 3, what="a few tries")
        time.sleep(2)
        said = {line.split(" ")[0].upper() for line in arena.sink.commands}
        assert said <= {"EHLO", "HELO", "QUIT", "STARTTLS", "NOOP", "RSET"}
        assert arena.rows("SELECT max(attempts) FROM newsletter_digest WHERE state = 'pending'")[0][0] in (0, None)
        arena.kill_all()
        arena.environment["EMAIL_URL"] = f"smtp://127.0.0.1:{arena.sink.port}"
        arena.clear()
        arena.start()
        arena.drain()
        arena.verdict().demand(most_doubled=0)


def test_a_mail_server_that_is_not_there_is_waited_for(database, tmp_path, seed, readers):
    """F34: the port refuses in the middle of the edition, and opens again."""
    with Arena(tmp_path, database, readers=readers, seed=seed) as arena:
        arena.sink.delay = 0.02
        arena.start()
        arena.wait_for_letters(20)
        arena.sink.shut()
        time.sleep(3)
        arena.sink.reopen()
        arena.clear()
        arena.drain()
        arena.verdict().demand(most_doubled=10)
