"""One SMTP conversation, stage by stage, as a generator over a socket that never blocks.

The driver (smtp.py) resumes the generator when the socket is ready for what it yielded, READ or WRITE, or throws
Lost into it when `deadline` has passed. IDLE means: open, nothing to say. Each letter taken ends in exactly one
`desk.finish`, or in `desk.put_back` when its final dot certainly did not leave. Stages: RFC 5321; a body is in doubt
from the moment its dot is in the kernel's hands until a clear reply is read (RFC 1047).
"""

from __future__ import annotations

import base64
import socket
import ssl
import time
from collections.abc import Generator
from typing import NamedTuple, Protocol

from mail.letter import Letter
from mail.transport.outcome import Kind, Outcome
from mail.transport.server import Server

IDLE, READ, WRITE = 0, 1, 2  # the last two are selectors.EVENT_READ and EVENT_WRITE
Steps = Generator[int, None, None]
_LONGEST_REPLY = 65_536
_LONGEST_TEXT = 300
_SEND_BUFFER = 262_144
_DOT = b".\r\n"


class Lost(Exception):
    """The connection is of no more use: closed, silent for too long, or talking nonsense."""


class Refused(Exception):
    """The server does not want us as a sender: it is nothing to do with a letter."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.text)
        self.reply = reply


class Reply(NamedTuple):
    """A reply of the server: 200-599, and the text."""

    code: int
    text: str


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


class Conversation:
    """The client's side of one connection."""

    def __init__(self, server: Server, desk: Desk) -> None:
        self.server, self.desk = server, desk
        self.stage = "connect"
        self.deadline = 0.0
        self.has_opened = False
        self.letters = 0
        self.socket = socket.socket()
        self._buffer = b""
        self._extensions: dict[str, str] = {}
        self._current: Parcel | None = None  # taken; its body has not left
        self._gone: Parcel | None = None  # its body is leaving or has left; no answer yet
        self._unsent = 0  # bytes of the last write that the kernel has not taken
        self._after_dot = 0  # bytes of that write behind the dot of `_gone`

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

    # --- opening -------------------------------------------------------------------------------------------
    def _open(self) -> Steps:
        yield from self._connect()
        if self.server.use_ssl:
            yield from self._encrypt()
        _expect((yield from self._reply("banner")))
        yield from self._hello()
        if self.server.use_tls:
            yield from self._starttls()
        if self.server.username:
            yield from self._login()

    def _connect(self) -> Steps:
        problem = OSError("the server's name has no address")
        for family, address in self.server.addresses():
            self.socket.close()
            self.socket = socket.socket(family, socket.SOCK_STREAM)
            self.socket.setblocking(False)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            # Bounded, so that a dot does not count as gone while megabytes before it still wait in our kernel.
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
            self._wait("connect")
            code = self.socket.connect_ex(address)
            if code:
                yield WRITE
                code = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if not code:
                return
            problem = OSError(code, "cannot connect")
        raise problem

    def _hello(self) -> Steps:
        reply = yield from self._say("ehlo", f"EHLO {self.server.our_name}")
        if reply.code in (500, 501, 502, 504) and not self.server.use_tls:
            reply = yield from self._say("ehlo", f"HELO {self.server.our_name}")
        _expect(reply)
        lines = (line.partition(" ") for line in reply.text.split("\n")[1:])
        self._extensions = {word.upper(): rest for word, _space, rest in lines}

    def _starttls(self) -> Steps:
        self.stage = "starttls"
        if "STARTTLS" not in self._extensions:
            raise Refused(Reply(0, "the server offers no STARTTLS, and nothing is sent in clear"))
        _expect((yield from self._say("starttls", "STARTTLS")))
        self._buffer = b""  # what somebody slipped in before the encryption was never said (CVE-2011-0411)
        yield from self._encrypt()
        yield from self._hello()

    def _encrypt(self) -> Steps:
        self._wait("starttls")
        encrypted = self.server.context.wrap_socket(
            self.socket, server_hostname=self.server.host, do_handshake_on_connect=False
        )
        self.socket = encrypted
        while True:
            try:
                return encrypted.do_handshake()
            except ssl.SSLWantReadError:
                yield READ
            except ssl.SSLWantWriteError:
                yield WRITE

    def _login(self) -> Steps:
        user, password = self.server.username.encode(), self.server.password.encode()
        offered = self._extensions.get("AUTH", "").upper().split()
        if "PLAIN" in offered or "LOGIN" not in offered:
            words = ["AUTH PLAIN " + _base64(b"\0" + user + b"\0" + password)]
        else:
            words = ["AUTH LOGIN", _base64(user), _base64(password)]
        for word in words[:-1]:
            reply = yield from self._say("auth", word)
            if reply.code != 334:
                raise Refused(reply)
        _expect((yield from self._say("auth", words[-1])))

    # --- letters --------------------------------------------------------------------------------------------
    def _next(self) -> Steps:
        """Wait for a letter and begin its envelope."""
        while True:
            self._current = self.desk.take()
            if self._current is not None:
                break
            self.stage = "idle"
            yield IDLE
            self._check_alive()
        yield from self._send(self._envelope(self._current))

    def _hand_over(self) -> Steps:
        """Carry `_current`, whose envelope is on its way, to the end; the next one's envelope rides behind its dot."""
        parcel = self._current
        assert parcel is not None
        if not (yield from self._is_welcome(parcel.letter)):
            return
        self.stage = "body"
        upcoming = self.desk.take() if self.is_pipelined else None
        envelope = self._envelope(upcoming) if upcoming else b""
        try:
            self.desk.leaving(parcel.letter)
        except Lost:
            if upcoming:
                self.desk.put_back(upcoming, self._excuse(upcoming, "mail", _SILENCE))
            raise
        self._gone, self._current, self._after_dot = parcel, upcoming, len(envelope)
        yield from self._send(parcel.wire + _DOT + envelope)
        reply = yield from self._reply("dot")
        if 300 <= reply.code < 400:
            raise Lost("an answer that makes no sense after the dot")
        self._gone = None
        self.letters += 1
        self._finish(parcel.letter, reply)

    @property
    def is_pipelined(self) -> bool:
        """Say whether commands may be sent before the answers to earlier ones (RFC 2920)."""
        return "PIPELINING" in self._extensions

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
            if reply.code == 354:
                return True
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
        kind = Kind.ACCEPTED if reply.code < 300 else Kind.DEFERRED if reply.code < 500 else Kind.REFUSED
        text = reply.text.replace(letter.to, "the reader")[:_LONGEST_TEXT]
        self.desk.finish(Outcome(letter.key, kind, self.stage, reply.code, enhanced_of(reply.text), text))
        if reply.code == 421:
            raise Lost("the server is closing (421)")

    def _settle(self, error: Exception) -> None:
        """Decide what becomes of the letters under way when the connection ends."""
        reply = error.reply if isinstance(error, Refused) else Reply(0, str(error))
        gone, current = self._gone, self._current
        self._gone = self._current = None
        if current is not None:
            self.desk.put_back(current, self._excuse(current, "mail" if gone else self.stage, reply))
        if gone is not None and self._unsent > self._after_dot:
            self.desk.put_back(gone, self._excuse(gone, "body", reply))
        elif gone is not None:
            self.desk.finish(Outcome(gone.letter.key, Kind.UNKNOWN, "dot", 0, "", reply.text))

    def _excuse(self, parcel: Parcel, stage: str, reply: Reply) -> Outcome:
        is_transport = stage not in ("rcpt", "data", "body")
        text = reply.text.replace(parcel.letter.to, "the reader")[:_LONGEST_TEXT]
        return Outcome(
            parcel.letter.key, Kind.DEFERRED, stage, reply.code, enhanced_of(reply.text), text, "", is_transport
        )

    # --- bytes ----------------------------------------------------------------------------------------------
    def _wait(self, stage: str) -> None:
        self.stage = stage
        self.deadline = time.monotonic() + self.server.timeouts[stage]

    def _say(self, stage: str, line: str) -> Generator[int, None, Reply]:
        self._wait(stage)
        yield from self._send(line.encode() + b"\r\n")
        return (yield from self._reply(stage))

    def _send(self, message: bytes) -> Steps:
        self.deadline = time.monotonic() + self.server.timeouts["body"]
        rest = memoryview(message)
        self._unsent = len(rest)
        while rest:
            try:
                rest = rest[self.socket.send(rest) :]
            except (BlockingIOError, ssl.SSLWantWriteError):
                yield WRITE
            except ssl.SSLWantReadError:
                yield READ
            self._unsent = len(rest)

    def _reply(self, stage: str) -> Generator[int, None, Reply]:
        self._wait(stage)
        while True:
            reply = self._parse()
            if reply is not None:
                return reply
            try:
                more = self.socket.recv(_LONGEST_REPLY)
            except (BlockingIOError, ssl.SSLWantReadError):
                yield READ
                continue
            except ssl.SSLWantWriteError:
                yield WRITE
                continue
            if not more:
                raise Lost("the server closed the connection")
            self._buffer += more

    def _parse(self) -> Reply | None:
        """Take one whole reply off the buffer; None while it is not all there."""
        texts: list[str] = []
        start = 0
        while (end := self._buffer.find(b"\n", start)) >= 0:
            line = self._buffer[start:end].decode("ascii", "replace").rstrip("\r")
            start = end + 1
            texts.append(line[4:])
            if line[3:4] == "-":
                continue
            self._buffer = self._buffer[start:]
            if not ("200" <= line[:3] <= "599" and line[:3].isdigit() and line[3:4] in ("", " ")):
                raise Lost("an answer that is no SMTP")
            return Reply(int(line[:3]), texts[0] if len(texts) == 1 else "\n".join(texts))
        if len(self._buffer) > _LONGEST_REPLY:
            raise Lost("an answer without an end")
        return None

    def _check_alive(self) -> None:
        """Raise Lost when the server hung up, or said that it will, while we had nothing to say."""
        try:
            more = self.socket.recv(_LONGEST_REPLY)
        except (BlockingIOError, ssl.SSLWantReadError):
            return
        raise Lost(more.decode("ascii", "replace")[:_LONGEST_TEXT] or "the server closed the idle connection")


_SILENCE = Reply(0, "nothing was said")


def enhanced_of(text: str) -> str:
    """Return the RFC 3463 code that a reply's text begins with, "" when there is none."""
    word = text.partition(" ")[0]
    parts = word.split(".")
    return word if len(parts) == 3 and parts[0] in ("2", "4", "5") and all(part.isdigit() for part in parts) else ""


def _expect(reply: Reply) -> None:
    if not 200 <= reply.code < 300:
        raise Refused(reply)


def _base64(secret: bytes) -> str:
    return base64.b64encode(secret).decode()
