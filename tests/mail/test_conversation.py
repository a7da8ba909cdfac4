"""What becomes of the letters under way when a connection ends, at bytes where no server can be made to end it."""

import pytest

from mail.transport.channel import WRITE, Lost, enhanced_of
from mail.transport.conversation import Conversation, Parcel
from mail.transport.server import Server
from tests.mail.test_smtp_stages import letter

FIRST, SECOND = (Parcel(letter(number), b"a body\r\n") for number in (1, 2))


class Desk:
    """It has one letter more, and keeps what became of each."""

    def __init__(self):
        self.ends = {}

    def take(self):
        return SECOND

    def leaving(self, letter):
        pass

    def finish(self, outcome):
        self.ends[outcome.key] = outcome.kind

    def put_back(self, parcel, why):
        self.ends[parcel.letter.key] = "put back"
        self.why = why


class Kernel:
    """A socket that takes all but so many bytes, and then no more."""

    def __init__(self, left):
        self.left = left

    def send(self, data):
        if len(data) <= self.left:
            raise BlockingIOError
        return len(data) - self.left


@pytest.mark.parametrize(("beyond_the_envelope", "first"), [(1, "put back"), (0, "unknown"), (-5, "unknown")])
def test_a_body_is_in_doubt_once_its_dot_is_in_the_kernels_hands(beyond_the_envelope, first):
    talk = Conversation(Server(), desk := Desk())
    talk.socket.close()
    talk._extensions = {"PIPELINING": ""}
    talk._current, talk._is_awaited = FIRST, True
    talk.socket = Kernel(left=len(talk._envelope(SECOND)) + beyond_the_envelope)
    assert next(talk._hand_over()) == WRITE
    talk._settle(Lost("the server closed the connection"))
    assert desk.ends == {"1": first, "2": "put back"}


def test_nothing_rides_behind_the_dot_to_a_server_that_answers_step_by_step():
    talk = Conversation(Server(), desk := Desk())
    talk.socket.close()
    talk._current, talk._is_awaited = FIRST, True
    talk.socket = Kernel(left=1)
    assert next(talk._hand_over()) == WRITE
    talk._settle(Lost("the server closed the connection"))
    assert desk.ends == {"1": "put back"}


def test_a_letter_whose_envelope_could_not_be_said_is_not_to_blame():
    talk = Conversation(Server(), desk := Desk())
    talk.socket.close()
    talk.stage, talk.socket = "data", Kernel(left=1_000)  # where the letter before it, a refused one, has ended
    assert next(talk._next()) == WRITE
    talk._settle(Lost("the server closed the connection"))
    assert (desk.ends, desk.why.stage, desk.why.is_transport) == ({"2": "put back"}, "mail", True)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("5.1.1 No", "5.1.1"),
        ("4.7.28 Slow", "4.7.28"),
        ("1.2.3 go", ""),
        ("10.0.0.1 is blocked", ""),
        ("5.x.1", ""),
    ],
)
def test_a_reply_begins_with_its_enhanced_code_or_has_none(text, code):
    assert enhanced_of(text) == code


def test_replies_may_come_in_any_pieces():
    said = b"250-one\r\n250-\xe4 two\n250 three\r\n550\r\n354 Go - on\r\n"
    for first in range(len(said)):
        for second in range(first, len(said)):
            talk, replies = Conversation(Server(), Desk()), []
            talk.socket.close()
            for piece in (said[:first], said[first:second], said[second:]):
                talk._buffer += piece
                while (reply := talk._parse()) is not None:
                    replies.append(tuple(reply))
            assert replies == [(250, "one\n\ufffd two\nthree"), (550, ""), (354, "Go - on")]


ENVELOPE = b"250 Ok\r\n250 Ok\r\n354 Go on\r\n"


@pytest.mark.parametrize(
    ("said", "is_all_well"),
    [
        (b"250 Ok\r\n" + ENVELOPE, True),
        (b"550 No\r\n" + ENVELOPE, False),
        (b"250 Ok\r\n" + ENVELOPE + b"421 Bye\r\n", False),
        (b"250-Ok\r\n" + ENVELOPE, False),
        (b"250 Ok\r\n250 Ok\r\n550 No\r\n554 No\r\n", False),
        (ENVELOPE, False),
    ],
    ids=str,
)
def test_answers_are_taken_in_one_piece_only_when_each_is_the_usual_one(said, is_all_well):
    talk = Conversation(Server(), Desk())
    talk.socket.close()
    talk._buffer = said
    with pytest.raises(StopIteration) as end:
        next(talk._is_all_well("dot"))
    assert (end.value.value, talk._buffer) == (is_all_well, b"" if is_all_well else said)
