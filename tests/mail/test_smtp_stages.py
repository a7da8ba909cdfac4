"""Every row of the table of outcomes by stage, against a server that fails exactly there."""

import pytest

from mail.letter import Letter
from mail.transport.outcome import NoJournal
from mail.transport.server import TIMEOUTS, Server
from mail.transport.smtp import SmtpTransport
from tests.sink import (
    ACCEPT_DROP,
    ACCEPT_HANG,
    ACCEPT_RESET,
    DRIP,
    DROP,
    HANG,
    RESET,
    Sink,
)

QUICK = dict.fromkeys(TIMEOUTS, 0.8)


def letter(number, size=1, **changes):
    values = {
        "key": str(number),
        "sender": "bounces@round.example",
        "to": f"reader{number}@there.example",
        "headers": {
            "From": "Paper Round <digest@round.example>",
            "To": f"reader{number}@there.example",
            "Subject": "Ten papers",
            "Message-ID": f"<{number}@round.example>",
        },
        "text": "A line.\n" * size,
        "html": "",
    }
    return Letter(**{**values, **changes})


def hand_over(sink, letters, *, connections=1, **server):
    transport = SmtpTransport(Server("127.0.0.1", sink.port, connections=connections, timeouts=QUICK, **server))
    try:
        return {outcome.key: outcome for outcome in transport.deliver(letters, NoJournal())}
    finally:
        transport.close()


def always(stage, act):
    return {stage: act}


def first_letter(stage, act):
    """Fail with the first letter of the first connection only."""
    return lambda at, connection, number: act if at == stage and connection == 1 and number == 1 else None


def on_first_connection(stage, act):
    return lambda at, connection, _number: act if at == stage and connection == 1 else None


@pytest.mark.parametrize(
    ("stage", "act"),
    [
        ("banner", DROP),
        ("banner", HANG),
        ("banner", RESET),
        ("banner", DRIP),
        ("banner", b"421 4.3.2 Not now\r\n"),
        ("banner", b"554 5.3.2 Never\r\n"),
        ("banner", b"HTTP/1.1 400 Bad Request\r\n"),
        ("ehlo", DROP),
        ("ehlo", HANG),
        ("ehlo", b"421 4.3.2 Not now\r\n"),
        ("mail", b"421 4.3.2 Not now\r\n"),
        ("mail", b"451 4.3.0 Later\r\n"),
        ("mail", b"550 5.7.1 Not you\r\n"),
        ("mail", b"354 What\r\n"),
        ("mail", HANG),
    ],
    ids=str,
)
def test_trouble_before_the_recipient_is_the_transports_and_burns_no_letter(stage, act, extensions):
    with Sink(always(stage, act), extensions=extensions) as sink:
        outcomes = hand_over(sink, [letter(1), letter(2), letter(3)])
    assert sorted(outcomes) == ["1", "2", "3"]
    assert {(outcome.kind, outcome.is_transport) for outcome in outcomes.values()} == {("deferred", True)}
    assert sink.messages == []


@pytest.mark.parametrize(
    ("stage", "act", "kind"),
    [
        ("rcpt", b"450 4.2.0 Greylisted\r\n", "deferred"),
        ("rcpt", b"421 4.7.0 Too much from you\r\n", "deferred"),
        ("rcpt", b"550 5.1.1 No such user\r\n", "refused"),
        ("rcpt", b"354 What\r\n", "deferred"),
        ("data", b"451 4.3.0 Later\r\n", "deferred"),
        ("data", b"554 5.6.0 No\r\n", "refused"),
        ("dot", b"451 4.3.0 Later\r\n", "deferred"),
        ("dot", b"421 4.3.2 Closing\r\n", "deferred"),
        ("dot", b"554 5.6.0 No\r\n", "refused"),
        ("dot", b"500 5.5.2 What?\r\n", "refused"),
        ("dot", ACCEPT_DROP, "unknown"),
        ("dot", ACCEPT_RESET, "unknown"),
        ("dot", ACCEPT_HANG, "unknown"),
        ("dot", DROP, "unknown"),
        ("dot", b"garbage\r\n", "unknown"),
        ("dot", b"25", "unknown"),
        ("dot", b"199 What\r\n", "unknown"),
        ("dot", b"600 What\r\n", "unknown"),
        ("dot", b"354 Go on\r\n", "unknown"),
        ("dot", DRIP, "unknown"),
    ],
    ids=str,
)
def test_a_letters_own_answer_is_its_outcome_and_the_others_arrive(stage, act, kind, extensions):
    with Sink(first_letter(stage, act), extensions=extensions) as sink:
        outcomes = hand_over(sink, [letter(1), letter(2), letter(3)])
    first = outcomes.pop("1")
    assert (first.kind, first.is_transport) == (kind, False)
    assert (first.stage, first.code) == (stage, int(act[:3]) if kind in ("refused", "deferred") else 0)
    assert {outcome.kind for outcome in outcomes.values()} == {"accepted"}
    assert sink.accepted["2@round.example"] == sink.accepted["3@round.example"] == 1


@pytest.mark.parametrize("reply", [b"250 2.0.0 Ok\r\n", b"334 What\r\n", b"354 Go on\r\n250 2.0.0 Ok\r\n"], ids=str)
def test_a_server_that_says_yes_before_the_body_has_accepted_nothing(reply, extensions):
    with Sink(always("data", reply), extensions=extensions) as sink:
        outcomes = hand_over(sink, [letter(1)])
    assert (outcomes["1"].kind, sink.messages) == ("deferred", [])


@pytest.mark.parametrize("stage", ["rcpt", "data"])
def test_what_a_refused_letter_began_is_ended_before_the_next_begins(stage, extensions):
    with Sink(first_letter(stage, b"554 5.6.0 No\r\n"), extensions=extensions) as sink:
        hand_over(sink, [letter(1), letter(2)])
    verbs = [command.split()[0] for command in sink.commands]
    assert verbs[verbs.index("MAIL", verbs.index("MAIL") + 1) - 1] == "RSET"


def test_a_server_that_wants_the_body_of_a_refused_letter_gets_an_empty_one():
    script = {"rcpt": b"550 5.1.1 No such user\r\n", "": b"354 Go on\r\n"}  # DATA was on its way already
    with Sink(lambda at, _c, number: script.get(at) if number == 1 else None) as sink:
        outcomes = hand_over(sink, [letter(1), letter(2)])
    assert [outcomes[key].kind for key in "12"] == ["refused", "accepted"]
    assert "." in sink.commands


@pytest.mark.parametrize("stage", ["rcpt", "data", "body"])
@pytest.mark.parametrize("act", [DROP, RESET, HANG])
def test_a_connection_lost_before_the_dot_is_tried_once_more_and_nothing_goes_twice(stage, act, extensions):
    with Sink(first_letter(stage, act), extensions=extensions) as sink:
        outcomes = hand_over(sink, [letter(1, size=100_000), letter(2), letter(3)])
    assert {outcome.kind for outcome in outcomes.values()} == {"accepted"}
    assert sorted(sink.accepted.values()) == [1, 1, 1]


@pytest.mark.parametrize("stage", ["rcpt", "data", "body"])
def test_a_letter_that_ends_every_connection_before_its_dot_is_deferred_and_the_others_arrive(stage, extensions):
    def script(at, _connection, number):
        return DROP if at == stage and sink.recipient_now() == "reader1@there.example" else None

    with Sink(script, extensions=extensions) as sink:
        sink.recipient_now = lambda: next(
            (c.partition("<")[2].rstrip(">") for c in reversed(sink.commands) if c.startswith("RCPT")), ""
        )
        outcomes = hand_over(sink, [letter(1, size=100_000), letter(2), letter(3)])
    assert (outcomes["1"].kind, outcomes["1"].is_transport) == ("deferred", False)
    assert {outcomes["2"].kind, outcomes["3"].kind} == {"accepted"}


@pytest.mark.parametrize("act", [DROP, b"421 4.7.0 Too many messages in one connection\r\n"], ids=str)
def test_a_server_that_closes_after_each_ten_letters_gets_them_all_once(extensions, act):
    with Sink(lambda at, _c, number: act if at == "mail" and number == 11 else None, extensions=extensions) as sink:
        outcomes = hand_over(sink, map(letter, range(55)))
    assert {outcome.kind for outcome in outcomes.values()} == {"accepted"}
    assert len(outcomes) == 55
    assert set(sink.accepted.values()) == {1}


@pytest.mark.parametrize("act", [DROP, HANG, b"500 5.5.1 What?\r\n"], ids=str)
def test_trouble_at_quit_changes_nothing(act):
    with Sink(always("quit", act)) as sink:
        outcomes = hand_over(sink, [letter(1)])
    assert outcomes["1"].kind == "accepted"


def test_a_server_without_starttls_gets_no_letter_and_no_password():
    with Sink(extensions=("PIPELINING", "AUTH PLAIN")) as sink:
        outcomes = hand_over(sink, [letter(1)], use_tls=True, username="me", password="secret")
    assert (outcomes["1"].kind, outcomes["1"].stage, outcomes["1"].is_transport) == ("deferred", "starttls", True)
    assert [command.split()[0] for command in sink.commands] == ["EHLO"]


@pytest.mark.parametrize("reply", [b"454 4.7.0 Not now\r\n", b"535 5.7.8 Wrong\r\n", b"334 More\r\n"])
def test_a_refused_password_pauses_the_transport(reply):
    with Sink(always("auth", reply), extensions=("PIPELINING", "AUTH PLAIN LOGIN")) as sink:
        outcomes = hand_over(sink, [letter(1), letter(2)], username="me", password="secret")
    assert {(outcome.stage, outcome.code, outcome.is_transport) for outcome in outcomes.values()} == {
        ("auth", int(reply[:3]), True)
    }


def test_nobody_at_the_port_defers_every_letter():
    with Sink() as sink:
        pass
    outcomes = hand_over(sink, [letter(1), letter(2)])
    assert {(outcome.kind, outcome.stage, outcome.is_transport) for outcome in outcomes.values()} == {
        ("deferred", "connect", True)
    }


@pytest.mark.parametrize("body", [".\n", "a\n.\nb\n", "a\n.\r\nMAIL FROM:<x@x.example>\nb", "..\n", "a\n.b\n..c\n", ""])
def test_dots_arrive_as_they_left_and_no_line_ends_the_letter_early(body, extensions):
    with Sink(extensions=extensions) as sink:
        hand_over(sink, [letter(1, text=body), letter(2)])
    assert len(sink.messages) == 2
    assert (
        sink.messages[0].partition(b"\r\n\r\n")[2].replace(b"\r\n", b"\n").strip()
        == body.replace("\r\n", "\n").strip().encode()
    )


HEAD = b"Message-ID: <1@round.example>\r\n\r\nbody"


@pytest.mark.parametrize("begin", [b".\r\n", *(HEAD + end for end in (b"\n.\n", b"\r.\r", b"\n.\r\n", b"\r\n.\r\n"))])
def test_a_finished_message_cannot_smuggle_a_second_one(begin):
    smuggled = begin + b"MAIL FROM:<evil@evil.example>\r\nRCPT TO:<you@there.example>\r\nDATA\r\nhello\r\n"
    with Sink() as sink:
        outcomes = hand_over(sink, [letter(1, wire=smuggled), letter(2)])
    assert sink.recipients in (["reader1@there.example", "reader2@there.example"], ["reader2@there.example"])
    assert outcomes["2"].kind == "accepted"
    assert not any(b"\n.\n" in message or b"\r.\r" in message for message in sink.messages)


@pytest.mark.parametrize(
    "changes",
    [
        {"to": "a@there.example, b@there.example"},
        {"to": "reader"},
        {"to": ""},
        {"to": "a@b@there.example"},
        {"to": "a@b@there.example", "wire": b"Subject: ready\r\n\r\n"},
        {"to": "a@there.example> NOTIFY=NEVER"},
        {"to": "a@there.example> NOTIFY=NEVER", "wire": b"Subject: ready\r\n\r\n"},
        {"wire": b"Subject: ready\r\n\r\nNUL \0\r\n"},
        {"wire": "Subject: 8 bit \u00e4\r\n\r\n".encode()},
        {"to": "a@there.example\r\nRCPT TO:<b@there.example>"},
        {"sender": "a@there.example>\r\nDATA"},
        {"headers": {"From": "a@b.example", "Bcc": "c@d.example"}},
        {"headers": {"From": "a@b.example", "Cc": "c@d.example"}},
        {"headers": {"From": "a@b.example", "To": "another@there.example"}},
        {"text": "half a character: \ud800"},
        {"headers": {"From": "a@b.example", "Subject": "a\r\nBcc: c@d.example"}},
    ],
    ids=str,
)
def test_a_letter_that_cannot_be_sent_fails_alone(changes):
    with Sink() as sink:
        outcomes = hand_over(sink, [letter(1), letter(2, **changes), letter(3)])
    assert (outcomes["2"].kind, outcomes["2"].stage) == ("refused", "build")
    assert sink.recipients == ["reader1@there.example", "reader3@there.example"]


def test_several_connections_share_the_letters_and_stay_open():
    with Sink(delay=0.01) as sink:
        transport = SmtpTransport(Server("127.0.0.1", sink.port, connections=4))
        for start in (0, 100):
            assert len(list(transport.deliver(map(letter, range(start, start + 100)), NoJournal()))) == 100
        transport.close()
    assert sink.connections == 4
    assert len(sink.accepted) == 200


def test_an_idle_connection_that_the_server_closed_costs_nothing():
    with Sink(lambda at, _c, number: b"250 2.0.0 Ok\r\n421 4.4.2 Too long idle\r\n" if at == "dot" else None) as sink:
        transport = SmtpTransport(Server("127.0.0.1", sink.port, connections=1))
        outcomes = [outcome for number in (1, 2, 3) for outcome in transport.deliver([letter(number)], NoJournal())]
        transport.close()
    assert [outcome.kind for outcome in outcomes] == ["accepted"] * 3


def test_the_senders_own_error_comes_back_after_every_letter_under_way_has_its_outcome():
    def letters():
        yield letter(1)
        yield letter(2)
        raise ZeroDivisionError

    outcomes = []
    with Sink() as sink:
        transport = SmtpTransport(Server("127.0.0.1", sink.port))
        with pytest.raises(ZeroDivisionError):
            outcomes.extend(outcome.key for outcome in transport.deliver(letters(), NoJournal()))
        transport.close()
        assert len(sink.messages) == 2


class Diary:
    def __init__(self, is_full=False):
        self.entries, self.is_full = [], is_full

    def leaving(self, letter):
        if self.is_full:
            raise OSError(28, "No space left on device")
        self.entries.append(("S", letter.key))

    def answered(self, outcome):
        self.entries.append(("A", outcome.key))


def test_the_journal_hears_of_each_letter_before_its_body_and_after_its_answer():
    diary = Diary()
    with Sink() as sink:
        transport = SmtpTransport(Server("127.0.0.1", sink.port, connections=1))
        list(transport.deliver(map(letter, range(3)), diary))
        transport.close()
    assert diary.entries == [(word, str(number)) for number in range(3) for word in "SA"]


def test_with_a_full_journal_no_body_leaves():
    with Sink() as sink:
        transport = SmtpTransport(Server("127.0.0.1", sink.port, connections=2, timeouts=QUICK))
        outcomes = list(transport.deliver(map(letter, range(5)), Diary(is_full=True)))
        transport.close()
    ours = ("deferred", "journal", True)  # no fault of the readers', and no attempt of theirs
    assert {(outcome.kind, outcome.stage, outcome.is_transport) for outcome in outcomes} == {ours}
    assert sorted(outcome.key for outcome in outcomes) == list("01234")
    assert sink.messages == []


def test_what_is_kept_of_a_refusal_does_not_name_the_reader(extensions):
    refusal = b"550-5.1.1 <READER1@There.example>:\r\n550 5.1.1 nobody called reader1@there.example\r\n"
    with Sink(always("rcpt", refusal), extensions=extensions) as sink:
        outcome = hand_over(sink, [letter(1)])["1"]
    assert (outcome.kind, outcome.enhanced) == ("refused", "5.1.1")
    assert "the reader" in outcome.text
    assert "reader1" not in outcome.text.lower()
