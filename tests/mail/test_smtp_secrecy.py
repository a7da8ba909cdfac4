"""Letters and passwords leave encrypted, to the server that was meant, or not at all."""

import pytest

from mail.transport.outcome import Kind, NoJournal, Outcome, discreet
from mail.transport.server import TIMEOUTS, Server
from mail.transport.smtp import SmtpTransport
from tests.mail.test_smtp_stages import letter
from tests.sink import DROP, HANG, Sink

EXTENSIONS = ("PIPELINING", "STARTTLS", "AUTH PLAIN LOGIN")


def hand_over(sink, *letters, host="localhost", **server):
    quick = dict.fromkeys(TIMEOUTS, 2.0)
    transport = SmtpTransport(Server(host, sink.port, timeouts=quick, connections=1, **server))
    try:
        return list(transport.deliver(letters, NoJournal()))
    finally:
        transport.close()


@pytest.mark.usefixtures("_trusted")
@pytest.mark.parametrize("words", ["AUTH PLAIN LOGIN", "AUTH LOGIN"])
def test_with_starttls_letters_and_password_leave_after_it(tls, words):
    with Sink(extensions=("PIPELINING", "STARTTLS", words), tls=tls) as sink:
        outcomes = hand_over(sink, letter(1), letter(2, size=200_000), use_tls=True, username="me", password="secret")
        commands = [command.split()[0] for command in sink.commands]
    assert commands[:5] == ["EHLO", "STARTTLS", "EHLO", "AUTH", "MAIL"]
    assert sink.commands[3].split()[1] == words.split()[1]
    assert [outcome.kind for outcome in outcomes] == ["accepted"] * 2
    assert len(sink.messages[1]) > 1_600_000


@pytest.mark.usefixtures("_trusted")
def test_what_is_slipped_in_before_the_encryption_was_never_said(tls):
    with Sink({"starttls": b"220 Go\r\n250 smuggled\r\n"}, extensions=EXTENSIONS, tls=tls) as sink:
        outcomes = hand_over(sink, letter(1), letter(2), use_tls=True)
    assert [outcome.kind for outcome in outcomes] == ["accepted"] * 2
    assert len(sink.messages) == 2


@pytest.mark.usefixtures("_trusted")
@pytest.mark.parametrize(("in_clear", "encrypted"), [((), ("PIPELINING",)), (("PIPELINING",), ())], ids=str)
def test_only_what_is_offered_behind_the_encryption_counts(tls, in_clear, encrypted):
    def script(at, *_):
        if at == "starttls":
            sink.extensions = encrypted
        return b"550 5.1.1 No\r\n" if at == "rcpt" else None

    with Sink(script, extensions=("STARTTLS", *in_clear), tls=tls) as sink:
        (outcome,) = hand_over(sink, letter(1), use_tls=True)
    assert outcome.kind == "refused"
    assert ("DATA" in sink.commands) == bool(encrypted)  # on its way before the recipient was refused


@pytest.mark.usefixtures("_trusted")
def test_tls_from_the_start_works_too(tls):
    with Sink(tls=tls, is_tls_from_start=True) as sink:
        outcomes = hand_over(sink, letter(1), letter(2), use_ssl=True)
    assert [outcome.kind for outcome in outcomes] == ["accepted"] * 2


@pytest.mark.parametrize("how", [{"use_tls": True}, {"use_ssl": True}], ids=str)
def test_a_certificate_that_nobody_vouches_for_gets_no_letter(tls, how):
    with Sink(extensions=EXTENSIONS, tls=tls, is_tls_from_start="use_ssl" in how) as sink:
        (outcome,) = hand_over(sink, letter(1), username="me", password="secret", **how)
    assert (outcome.kind, outcome.stage, outcome.is_transport) == ("deferred", "starttls", True)
    assert "certificate" in outcome.text.lower()
    assert not sink.messages
    assert not [command for command in sink.commands if command.startswith(("AUTH", "MAIL"))]


@pytest.mark.usefixtures("_trusted")
def test_a_certificate_of_another_name_gets_no_letter(tls):
    with Sink(extensions=EXTENSIONS, tls=tls) as sink:
        (outcome,) = hand_over(sink, letter(1), host="127.0.0.1", use_tls=True)
    assert (outcome.stage, outcome.is_transport) == ("starttls", True)
    assert not sink.messages


NO_ENCRYPTION = (b"454 4.7.0 Not now\r\n", b"502 5.5.1 What?\r\n", DROP, HANG, b"220 Go\r\n250 2.1.0 smuggled\r\n")


@pytest.mark.parametrize("reply", NO_ENCRYPTION, ids=str)
def test_encryption_that_does_not_begin_ends_the_conversation(reply):
    with Sink({"starttls": reply}, extensions=EXTENSIONS) as sink:
        (outcome,) = hand_over(sink, letter(1), use_tls=True, username="me", password="secret")
    assert (outcome.kind, outcome.stage, outcome.is_transport) == ("deferred", "starttls", True)
    assert outcome.code == (int(reply[:3]) if reply[:1] in (b"4", b"5") else 0)
    assert not [command for command in sink.commands if command.startswith(("AUTH", "MAIL"))]


def test_what_a_server_says_is_kept_as_one_line_that_every_database_takes():
    assert discreet("no\0such\x1b[31m\r\nuser: reader1@there.example", letter(1)) == "no such [31m user: the reader"
    words = Outcome("1", Kind.DEFERRED, "mail", 550, text="not from bounces+d1.ab@us.example").words
    assert words == "mail: 550 not from …@us.example"
    assert len(discreet("wordy " * 100, letter(1))) == 300
