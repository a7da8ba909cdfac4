"""One connection to an SMTP server: opened, encrypted, logged in, and then lines and replies.

Every step that may have to wait is a generator: it yields READ or WRITE, what the socket must be ready for, and is
resumed then; the driver (smtp.py) throws Lost into it once `deadline` has passed.
"""

from __future__ import annotations

import base64
import errno
import os
import re
import socket
import ssl
import time
from collections.abc import Generator
from typing import Any, NamedTuple

from mail.transport.server import Server

IDLE, READ, WRITE = 0, 1, 2
Steps = Generator[int, None, None]
_LONGEST_REPLY = 65_536
_SEND_BUFFER = 262_144
# What most letters hear, in one piece: the answer to their own dot, and three to the envelope of the next one.
_ALL_WELL = re.compile(rb"(?:250 [^\r\n]*\r\n){3}354 [^\r\n]*\r\n")


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


class Channel:
    """A connection that never blocks."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.stage = "connect"
        self.deadline = 0.0
        self.socket = socket.socket()
        self._buffer = b""
        self._extensions: dict[str, str] = {}
        self._unsent = 0  # bytes of the last write that the kernel has not taken

    @property
    def is_pipelined(self) -> bool:
        """Say whether commands may be sent before the answers to earlier ones (RFC 2920)."""
        return "PIPELINING" in self._extensions

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
        """Connect to the first of the server's addresses that answers: of two, one may lead nowhere (IPv6, often)."""
        problem: Exception = OSError("the server's name has no address")
        addresses = self.server.addresses()
        for family, address in addresses:
            self.deadline = time.monotonic() + self.server.timeouts["connect"] / len(addresses)
            try:
                return (yield from self._connect_to(family, address))
            except (Lost, OSError) as error:
                problem = error
        raise problem

    def _connect_to(self, family: int, address: Any) -> Steps:
        self.socket.close()
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # Bounded, so that a dot does not count as gone while megabytes before it still wait in our kernel.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
        code = self.socket.connect_ex(address)
        if code == errno.EINPROGRESS:
            yield WRITE
            code = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            raise OSError(code, os.strerror(code))

    def _hello(self) -> Steps:
        reply = yield from self._say("ehlo", f"EHLO {self.server.our_name}")
        if reply.code in (500, 501, 502, 504):
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
        rest: bytes | memoryview = message
        self._unsent = len(rest)
        while self._unsent:
            try:
                sent = self.socket.send(rest)
            except (BlockingIOError, ssl.SSLWantWriteError):
                yield WRITE
                continue
            except ssl.SSLWantReadError:
                yield READ
                continue
            self._unsent -= sent
            if self._unsent:
                rest = memoryview(rest)[sent:]

    def _is_all_well(self, stage: str) -> Generator[int, None, bool]:
        """Say whether the next answers are the usual ones, whole and at once, and take them; else leave them."""
        self._wait(stage)
        if not self._buffer:
            yield from self._receive()
        if not _ALL_WELL.fullmatch(self._buffer):
            return False
        self._buffer = b""
        return True

    def _reply(self, stage: str) -> Generator[int, None, Reply]:
        self._wait(stage)
        while (reply := self._parse()) is None:
            yield from self._receive()
        return reply

    def _receive(self) -> Steps:
        """Wait until the server has said more. So what is known of a letter is told before the next answer is read."""
        wants = READ
        while True:
            yield wants
            try:
                more = self.socket.recv(_LONGEST_REPLY)
                break
            except (BlockingIOError, ssl.SSLWantReadError):
                wants = READ
            except ssl.SSLWantWriteError:
                wants = WRITE
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
            self.socket.recv(_LONGEST_REPLY)
        except (BlockingIOError, ssl.SSLWantReadError):
            return
        raise Lost("the server closed the idle connection")


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
