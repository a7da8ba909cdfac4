"""How a connection begins: the server's addresses, its greeting and what it offers, the password."""

import contextlib
import errno
import socket
import threading
import time

import pytest

from mail.transport import server as servers
from mail.transport.outcome import NoJournal
from mail.transport.server import Server
from mail.transport.smtp import SmtpTransport
from tests.mail.test_smtp_stages import QUICK, always, hand_over, letter
from tests.sink import Sink


@pytest.fixture
def nobody():
    """An address where nobody ever answers: its queue is full."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(3):
            caller = stack.enter_context(socket.socket())
            caller.setblocking(False)
            assert caller.connect_ex(listener.getsockname()) in (0, errno.EINPROGRESS)
        yield listener.getsockname()


@pytest.fixture
def name(monkeypatch):
    """Let the mail server's name have these addresses."""

    def has(*addresses):
        found = [(family, socket.SOCK_STREAM, 6, "", address) for family, address in addresses]
        monkeypatch.setattr(servers.socket, "getaddrinfo", lambda *_args, **_options: found)

    return has


NO_WAY = {"no route": (socket.AF_INET, ("255.255.255.255", 25)), "no such network": (0x7FFF, ("::1", 25))}


@pytest.mark.parametrize("other", [*NO_WAY, "silence"])
def test_an_address_that_leads_nowhere_does_not_keep_the_next_one_from_being_tried(other, nobody, name):
    with Sink() as sink:
        name(NO_WAY.get(other, (socket.AF_INET, nobody)), (socket.AF_INET, ("127.0.0.1", sink.port)))
        outcomes = hand_over(sink, [letter(1), letter(2)])
    assert [outcomes[key].kind for key in "12"] == ["accepted"] * 2


@pytest.mark.parametrize(("other", "words"), [("no route", "unreachable"), ("silence", "no answer in time")])
def test_when_no_address_answers_the_last_ones_reason_is_told(other, words, nobody, name):
    name(NO_WAY.get(other, (socket.AF_INET, nobody)))
    begun = time.monotonic()
    with Sink() as sink:
        outcome = hand_over(sink, [letter(1)])["1"]
    assert other != "silence" or time.monotonic() - begun >= QUICK["connect"]
    assert (outcome.kind, outcome.stage, outcome.is_transport) == ("deferred", "connect", True)
    assert words in outcome.text


def test_all_addresses_together_get_the_time_of_one(nobody, name):
    name(*[(socket.AF_INET, nobody)] * 8)
    begun = time.monotonic()
    transport = SmtpTransport(Server(timeouts={**QUICK, "connect": 1.5}))
    (outcome,) = transport.deliver([letter(1)], NoJournal())
    assert (outcome.kind, outcome.stage) == ("deferred", "connect")
    assert time.monotonic() - begun < 8


@pytest.mark.parametrize("host", ["mail..example", "a" * 64 + ".example"], ids=str)
def test_a_name_that_is_none_defers_every_letter(host):
    transport = SmtpTransport(Server(host, timeouts=QUICK))
    outcomes = list(transport.deliver([letter(1), letter(2)], NoJournal()))
    assert [(outcome.kind, outcome.stage) for outcome in outcomes] == [("deferred", "connect")] * 2


@pytest.mark.parametrize("use_tls", [False, True])
def test_a_server_of_long_ago_is_greeted_as_it_knows_and_offers_nothing(use_tls):
    def script(at, *_):
        return b"502 5.5.1 What?\r\n" if at == "ehlo" and sink.commands[-1].startswith("EHLO") else None

    with Sink(script) as sink:
        outcomes = hand_over(sink, [letter(1), letter(2)], use_tls=use_tls)
    assert {outcome.kind for outcome in outcomes.values()} == {"deferred" if use_tls else "accepted"}
    assert len(sink.messages) == (0 if use_tls else 2)
    assert [command.split()[0] for command in sink.commands[:2]] == ["EHLO", "HELO"]


def test_what_is_offered_may_be_written_small():
    with Sink(extensions=("pipelining", "auth login")) as sink:
        outcomes = hand_over(sink, [letter(1), letter(2)], username="me", password="secret")
    assert {outcome.kind for outcome in outcomes.values()} == {"accepted"}
    assert sink.commands[1] == "AUTH LOGIN"
    with Sink(extensions=("starttls",)) as sink:
        hand_over(sink, [letter(1)], use_tls=True)
    assert sink.commands[1] == "STARTTLS"


@pytest.mark.parametrize(
    ("user", "offers", "verbs"), [("", "AUTH PLAIN", "EHLO MAIL"), ("me", "DSN", "EHLO AUTH MAIL")]
)
def test_who_has_no_name_does_not_log_in_and_who_has_one_does_in_any_case(user, offers, verbs):
    with Sink(extensions=(offers,)) as sink:
        hand_over(sink, [letter(1)], username=user, password="secret")
    assert " ".join(command[:4] for command in sink.commands).startswith(verbs)
    assert not user or sink.commands[1].startswith("AUTH PLAIN ")


@contextlib.contextmanager
def saying(*replies):
    """Give a server that says these, each after a line of ours, and what it heard."""
    heard, listener = [], socket.create_server(("127.0.0.1", 0))

    def run():
        talk, _address = listener.accept()
        with talk, talk.makefile("rb") as lines:
            for reply in replies:
                talk.sendall(reply)
                heard.append(lines.readline().strip())

    thread = threading.Thread(target=run, daemon=True)
    with listener:
        thread.start()
        yield listener.getsockname()[1], heard
        thread.join(5)


def test_a_server_that_wants_no_login_hears_neither_name_nor_password():
    with saying(b"220 us\r\n", b"250-us\r\n250 AUTH LOGIN\r\n", b"504 5.5.4 Not so\r\n") as (port, heard):
        transport = SmtpTransport(Server("127.0.0.1", port, username="me", password="secret", timeouts=QUICK))
        (outcome,) = transport.deliver([letter(1)], NoJournal())
    assert (outcome.stage, outcome.code, outcome.is_transport) == ("auth", 504, True)
    assert heard == [b"EHLO localhost", b"AUTH LOGIN", b""]


@pytest.mark.parametrize(
    ("offer", "asks", "said"),
    [
        (b"AUTH PLAIN", [], [b"AUTH PLAIN AG3DqQBww6Rzcw=="]),  # \0mé\0päss
        (b"AUTH LOGIN", [b"334 VXNlcm5hbWU6\r\n", b"334 UGFzc3dvcmQ6\r\n"], [b"AUTH LOGIN", b"bcOp", b"cMOkc3M="]),
    ],
    ids=["plain", "login"],
)
def test_name_and_password_are_said_in_the_way_that_was_offered(offer, asks, said):
    with saying(b"220 us\r\n", b"250-us\r\n250 " + offer + b"\r\n", *asks, b"235 Ok\r\n") as (port, heard):
        transport = SmtpTransport(Server("127.0.0.1", port, username="mé", password="päss", timeouts=QUICK))
        list(transport.deliver([letter(1)], NoJournal()))
    assert heard[1:-1] == said


@pytest.mark.parametrize("before", [(), (b"250 Ok\r\n",), (b"250 Ok\r\n", b"250 Ok\r\n")], ids=["mail", "rcpt", "data"])
def test_a_server_that_says_that_it_closes_hears_no_more(before):
    with saying(b"220 us\r\n", b"250 us\r\n", *before, b"421 4.3.2 Closing\r\n") as (port, heard):
        transport = SmtpTransport(Server("127.0.0.1", port, timeouts=QUICK))
        (outcome,) = transport.deliver([letter(1)], NoJournal())
    assert (outcome.kind, outcome.code) == ("deferred", 421)
    assert heard[len(before) + 2 :] == [b""]


def test_a_greeting_without_an_end_is_not_listened_to_for_ever():
    with Sink(always("banner", b"220-and another thing\r\n" * 5_000)) as sink:
        outcome = hand_over(sink, [letter(1)])["1"]
    assert (outcome.stage, outcome.text) == ("banner", "an answer without an end")


@pytest.mark.parametrize("stage", ["banner", "ehlo", "auth", "mail"])
def test_what_a_server_that_turns_us_away_says_is_one_line_that_every_database_takes(stage):
    reply = b"421-4.3.2 no\0such\x1b[31m\r\n421 4.3.2 \xe4 day for me@us.example\r\n"
    with Sink(always(stage, reply), extensions=("PIPELINING", "AUTH PLAIN")) as sink:
        outcomes = hand_over(sink, [letter(1), letter(2)], username="me", password="secret")
    assert {outcome.text for outcome in outcomes.values()} == {"4.3.2 no such [31m 4.3.2 \ufffd day for me@us.example"}
    assert {outcome.enhanced for outcome in outcomes.values()} == {"4.3.2"}
