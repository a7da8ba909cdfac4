"""The client's side of an SMTP conversation: letters from the envelope to the answer after the dot.

Each letter taken ends in exactly one `desk.finish`, or in `desk.put_back` when its final dot certainly did not leave. A
body is in doubt from the moment its dot is in the kernel's hands until a clear reply is read (RFC 1047). The generator
yields IDLE when the connection is open and there is nothing to say.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import NamedTuple, Protocol

from mail.letter import Letter
from mail.transport.channel import IDLE, Channel, Lost, Refused, Reply, Steps, enhanced_of
from mail.transport.outcome import Kind, Outcome, discreet
from mail.transport.server import Server

_DOT = b".\r\n"
_SILENCE = Reply(0, "nothing was said")
_TAKEN = Reply(250, "")


class Parcel(NamedTuple):
    """A letter, ready for the wire: `wire` has its dots doubled."""

    letter: Letter
    wire: bytes


class Desk(Protocol):
    """Where a conversation gets its letters and leaves the outcomes."""

    def take(self) -> Parcel | None:
        """Return the next letter for this connection, None when there is none now."""

    def leaving(self, letter: Letter) -> None:
        """Note that the body is about to leave; raise Lost to keep it here."""

    def finish(self, outcome: Outcome) -> None:
        """Take a letter's outcome."""

    def put_back(self, parcel: Parcel, why: Outcome) -> None:
        """Take back a letter whose dot did not leave; `why` is its outcome once it was tried enough."""


class Conversation(Channel):
    """The client's side of one connection."""

    def __init__(self, server: Server, desk: Desk) -> None:
        super().__init__(server)
        self.desk = desk
        self.has_opened = False
        self.letters = 0
        self._current: Parcel | None = None  # taken; its body has not left
        self._gone: Parcel | None = None  # its body is leaving or has left; no answer yet
        self._after_dot = 0  # bytes of the last write behind the dot of `_gone`
        self._is_awaited = False  # the server has said that the body of `_current` may follow

    def talk(self) -> Steps:
        """Open the connection and hand over letters until the driver closes the generator."""
        try:
            yield from self._open()
            self.has_opened = True
            while True:
                if self._current is None:
                    yield from self._next()
                yield from self._hand_over()
        except (Lost, Refused, OSError) as error:
            self._settle(error)
            raise
        finally:
            self.socket.close()

    # --- letters --------------------------------------------------------------------------------------------
    def _next(self) -> Steps:
        """Wait for a letter and begin its envelope."""
        while True:
            self._current = self.desk.take()
            if self._current is not None:
                break
            yield IDLE
            self._check_alive()
        self.stage = "mail"
        yield from self._send(self._envelope(self._current))

    def _hand_over(self) -> Steps:
        """Carry `_current`, whose envelope is on its way, to the end; the next one's envelope rides behind its dot."""
        parcel = self._current
        assert parcel is not None
        if not self._is_awaited and not (yield from self._is_welcome(parcel.letter)):
            return
        self._is_awaited = False
        self.stage = "journal"
        upcoming = self.desk.take() if self.is_pipelined else None
        envelope = self._envelope(upcoming) if upcoming else b""
        try:
            self.desk.leaving(parcel.letter)
        except Lost:
            if upcoming:
                self.desk.put_back(upcoming, self._excuse(upcoming, "mail", _SILENCE))
            raise
        self.stage = "body"
        self._gone, self._current, self._after_dot = parcel, upcoming, len(envelope)
        yield from self._send(b"".join((parcel.wire, _DOT, envelope)))
        if upcoming and (yield from self._is_all_well("dot")):
            self._is_awaited, reply = True, _TAKEN
        else:
            reply = yield from self._reply("dot")
        if 300 <= reply.code < 400:
            raise Lost("an answer that makes no sense after the dot")
        self._gone = None
        self.letters += 1
        self._finish(parcel.letter, reply)

    def _envelope(self, parcel: Parcel) -> bytes:
        mail = f"MAIL FROM:<{parcel.letter.sender}>\r\n"
        return (mail + f"RCPT TO:<{parcel.letter.to}>\r\nDATA\r\n" if self.is_pipelined else mail).encode()

    def _is_welcome(self, letter: Letter) -> Generator[int, None, bool]:
        """Read the replies to the envelope; say whether the body may follow."""
        reply = yield from self._reply("mail")
        if reply.code >= 300:
            raise Refused(reply)
        reply = yield from self._reply("rcpt") if self.is_pipelined else self._say("rcpt", f"RCPT TO:<{letter.to}>")
        if reply.code < 300:
            reply = yield from self._reply("data") if self.is_pipelined else self._say("data", "DATA")
            if reply.code == 354 and not self._buffer:
                return True
            if reply.code < 400:
                # A "250" here, or behind the 354, accepts nothing: no body has left.
                raise Lost("an answer that makes no sense to DATA")
        elif self.is_pipelined:
            yield from self._forget_data(letter, reply)
            return False
        self._current = None
        self._finish(letter, reply)
        yield from self._reset()
        return False

    def _forget_data(self, letter: Letter, refusal: Reply) -> Steps:
        """End the transaction of a refused recipient whose DATA was on the way already (RFC 2920, 3.1)."""
        self._current = None
        self._finish(letter, refusal)
        if (yield from self._reply("data")).code == 354:
            yield from self._say("data", ".")
        yield from self._reset()

    def _reset(self) -> Steps:
        yield from self._say("data", "RSET")

    def _finish(self, letter: Letter, reply: Reply) -> None:
        """Turn a clear reply into the letter's outcome; after a 421 the connection is over."""
        if reply.code < 300:
            self.desk.finish(Outcome(letter.key, Kind.ACCEPTED, self.stage, reply.code))
            return
        text = discreet(reply.text, letter)
        kind = Kind.DEFERRED if reply.code < 500 else Kind.REFUSED
        self.desk.finish(Outcome(letter.key, kind, self.stage, reply.code, enhanced_of(reply.text), text))
        if reply.code == 421:
            raise Lost("the server is closing (421)")

    def _settle(self, error: Exception) -> None:
        """Decide what becomes of the letters under way when the connection ends."""
        reply = error.reply if isinstance(error, Refused) else Reply(0, str(error))
        gone, current = self._gone, self._current
        if current is not None:
            self.desk.put_back(current, self._excuse(current, "mail" if gone else self.stage, reply))
        if gone is not None and self._unsent > self._after_dot:
            self.desk.put_back(gone, self._excuse(gone, "body", reply))
        elif gone is not None:
            self.desk.finish(Outcome(gone.letter.key, Kind.UNKNOWN, "dot", 0, "", discreet(reply.text, gone.letter)))

    def _excuse(self, parcel: Parcel, stage: str, reply: Reply) -> Outcome:
        is_transport = stage not in ("rcpt", "data", "body")
        text = discreet(reply.text, parcel.letter)
        return Outcome(
            parcel.letter.key, Kind.DEFERRED, stage, reply.code, enhanced_of(reply.text), text, "", is_transport
        )
