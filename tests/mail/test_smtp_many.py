"""Many letters on several connections: when a server is given up, and what an idle or a busy moment may not cost."""

import threading
import time
from collections import Counter

import pytest

from mail.transport.outcome import NoJournal
from mail.transport.server import Server
from mail.transport.smtp import SmtpTransport
from tests.mail.test_smtp_stages import QUICK, always, hand_over, letter, on_first_connection
from tests.sink import ACCEPT_DROP, ACCEPT_HANG, ACCEPT_RESET, DROP, HANG, Sink


def wait_until(is_so):
    end = time.monotonic() + 5
    while not is_so() and time.monotonic() < end:
        time.sleep(0.005)
    assert is_so()


@pytest.mark.parametrize("act", [ACCEPT_DROP, ACCEPT_RESET, ACCEPT_HANG, b"what?\r\n"], ids=str)
def test_a_server_that_falls_silent_at_every_dot_gets_three_letters_into_doubt_and_not_all(act, extensions):
    with Sink(always("dot", act), extensions=extensions) as sink:
        outcomes = hand_over(sink, map(letter, range(30)))
    kinds = Counter((outcome.kind, outcome.is_transport) for outcome in outcomes.values())
    assert kinds == {("unknown", False): 3, ("deferred", True): 27}
    assert sorted(sink.accepted.values()) == [1, 1, 1]


def test_a_server_that_breaks_off_every_body_is_given_up_and_told_as_such(extensions):
    with Sink(always("body", DROP), extensions=extensions) as sink:
        outcomes = hand_over(sink, [letter(number, size=100_000) for number in range(5)])
    first = outcomes.pop("0")
    assert (first.kind, first.stage, first.is_transport) == ("deferred", "body", False)
    assert {(outcome.kind, outcome.stage, outcome.is_transport) for outcome in outcomes.values()} == {
        ("deferred", "body", True)
    }
    assert sink.connections == 3


def test_a_body_has_a_time_of_its_own(extensions):
    patient = {**QUICK, "mail": 30, "rcpt": 30, "data": 30}
    begun = time.monotonic()
    with Sink(on_first_connection("body", HANG), extensions=extensions) as sink:
        transport = SmtpTransport(Server("127.0.0.1", sink.port, connections=1, timeouts=patient))
        (outcome,) = transport.deliver([letter(1, size=100_000)], NoJournal())
        transport.close()
    assert outcome.kind == "accepted"
    assert time.monotonic() - begun < 10


def test_who_answers_while_the_next_letter_is_long_in_coming_is_not_silent():
    """The first connection waits for the last letter longer than a server may; meanwhile the second is answered."""
    is_second_there, is_waiting = threading.Event(), threading.Event()

    def letters():
        yield letter(1)
        yield letter(2)
        is_waiting.set()
        time.sleep(QUICK["rcpt"] + 0.4)
        yield letter(3)

    def script(at, connection, _number):
        if at == "rcpt" and connection == 1:
            is_second_there.wait(5)
        elif at == "rcpt":
            is_second_there.set()
            is_waiting.wait(5)

    with Sink(script, extensions=()) as sink:
        outcomes = hand_over(sink, letters(), connections=2)
    assert {outcome.kind for outcome in outcomes.values()} == {"accepted"}
    assert sink.connections == 2


def test_once_the_sender_is_refused_the_other_connections_begin_no_letter():
    is_under_way = threading.Event()

    def script(at, connection, number):
        if at == "mail" and connection == 1 and number == 2:
            is_under_way.wait(5)
        elif at == "dot" and connection == 2:
            is_under_way.set()
            wait_until(lambda: sink.talks == 1)  # the first one was left
        return b"550 5.7.1 Not you\r\n" if at == "mail" and connection == 1 and number == 2 else None

    with Sink(script, extensions=()) as sink:
        outcomes = hand_over(sink, map(letter, range(20)), connections=2)
    kinds = Counter((outcome.kind, outcome.stage) for outcome in outcomes.values())
    assert kinds == {("accepted", "dot"): 2, ("deferred", "mail"): 18}


def test_to_wait_for_a_slow_server_costs_no_processor_time():
    acts = {("data", 1): HANG, ("banner", 2): b"421 4.7.0 Too many connections\r\n"}
    with Sink(lambda at, connection, _number: acts.get((at, connection))) as sink:
        begun = time.thread_time()
        outcomes = hand_over(sink, [letter(1), letter(2)], connections=2)
    assert [outcome.kind for outcome in outcomes.values()] == ["accepted"] * 2
    assert time.thread_time() - begun < 0.2


def test_a_server_that_is_closing_before_it_took_any_letter_is_not_asked_again(extensions):
    with Sink(always("mail", b"421 4.3.2 Closing\r\n"), extensions=extensions) as sink:
        outcomes = hand_over(sink, [letter(1), letter(2)])
    assert {(outcome.kind, outcome.code) for outcome in outcomes.values()} == {("deferred", 421)}
    assert sink.connections == 1


@pytest.mark.parametrize("act", [DROP, HANG, b"421 4.7.0 Too many connections\r\n"], ids=str)
def test_a_server_that_wants_two_connections_gets_all_letters_by_two(act):
    with Sink(lambda at, connection, _n: act if at == "banner" and connection > 2 else None, delay=0.02) as sink:
        outcomes = hand_over(sink, map(letter, range(100)), connections=5)
    assert {outcome.kind for outcome in outcomes.values()} == {"accepted"}
    assert 3 <= sink.connections <= 5
    assert set(sink.accepted.values()) == {1}


@pytest.fixture
def rested():
    """A server and a transport with four connections, all idle."""
    with Sink(delay=0.02) as sink:
        transport = SmtpTransport(Server("127.0.0.1", sink.port, connections=4, timeouts=QUICK))
        list(transport.deliver(map(letter, range(60)), NoJournal()))
        assert sink.talks == 4
        yield sink, transport
        transport.close()
        wait_until(lambda: sink.talks == 0)


def test_idle_connections_that_the_server_closed_cost_nothing_however_many(rested):
    sink, transport = rested
    sink.shut()
    sink.reopen()
    outcomes = list(transport.deliver(map(letter, range(60, 100)), NoJournal()))
    assert {outcome.kind for outcome in outcomes} == {"accepted"}
    assert set(sink.accepted.values()) == {1}


def test_a_server_that_says_that_it_will_close_hears_no_more_letters_there(rested):
    sink, transport = rested
    for talk in list(sink._open):
        talk.sendall(b"421 4.4.2 Idle for too long\r\n")
    (outcome,) = transport.deliver([letter(60)], NoJournal())
    assert (outcome.kind, sink.connections) == ("accepted", 5)


def test_connections_idle_for_a_minute_are_closed_politely(rested, monkeypatch):
    sink, transport = rested
    now = time.monotonic()
    monkeypatch.setattr("mail.transport.smtp.time.monotonic", lambda: now + 59)
    (outcome,) = transport.deliver([letter(60)], NoJournal())
    assert (outcome.kind, sink.connections, sink.commands.count("QUIT")) == ("accepted", 4, 0)
    monkeypatch.setattr("mail.transport.smtp.time.monotonic", lambda: now + 121)
    (outcome,) = transport.deliver([letter(61)], NoJournal())
    assert (outcome.kind, sink.connections) == ("accepted", 5)
    monkeypatch.undo()
    wait_until(lambda: sink.commands.count("QUIT") == 4)


def test_who_stops_listening_hears_nothing_of_it_with_the_next_letters(extensions):
    with Sink(delay=0.01, extensions=extensions) as sink:
        transport = SmtpTransport(Server("127.0.0.1", sink.port, connections=3, timeouts=QUICK))
        first = transport.deliver(map(letter, range(30)), NoJournal())
        next(first)
        first.close()
        wait_until(lambda: sink.talks == 0)
        assert "QUIT" not in sink.commands  # a word to a server that waits for the rest of a body, or for nothing
        outcomes = list(transport.deliver(map(letter, range(30, 40)), NoJournal()))
        transport.close()
    assert sorted((outcome.key, outcome.kind) for outcome in outcomes) == [
        (str(key), "accepted") for key in range(30, 40)
    ]
    assert set(sink.accepted.values()) == {1}
