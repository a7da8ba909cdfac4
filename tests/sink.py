"""A scripted SMTP server on raw sockets, with a ledger of every message it decided to accept.

It writes the ledger before it answers 250, as a real server does: what stands there was delivered, whatever the client
came to know. A script is a dict from a stage ("banner", "ehlo", "starttls", "auth", "mail", "rcpt", "data", "body",
"dot", "quit") to what happens there: bytes to say instead of the usual reply, or one of the acts below. A script may
hold for the first connection only, for each letter by number, or until it is taken away.
"""

from __future__ import annotations

import contextlib
import re
import socket
import socketserver
import ssl
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

DROP = "drop"  # close at once
HANG = "hang"  # say nothing more
RESET = "reset"  # close with RST
ACCEPT_DROP = "accept, drop"  # at the dot: write the ledger, then close without an answer
ACCEPT_RESET = "accept, reset"
ACCEPT_HANG = "accept, hang"
DRIP = "drip"  # the usual reply, one byte each 0.2 s

Script = Mapping[str, Any]
_ASK = object()
_TO = re.compile(rb"^To:[^\r\n]*?<?([^\s<>]+@[^\s<>]+)>?\r\n", re.I | re.M)
_MESSAGE_ID = re.compile(rb"^Message-ID:\s*<([^>]*)>", re.I | re.M)


class Sink:
    """The server: `with Sink(script) as sink:`; `sink.port`, `sink.accepted` (Message-IDs), `sink.messages`.

    `script` is a mapping, or a function of (stage, connection number, letter number), both from 1, that returns what
    to do or None. `extensions` are the lines of EHLO. `ledger` is a file that gets a line for each accepted message.
    `keeps_bodies=False` keeps of a letter only who got which and when (`recipients`, `message_ids`, `times`).
    """

    def __init__(
        self,
        script: Script | Callable[[str, int, int], Any] | None = None,
        *,
        extensions: tuple[str, ...] = ("PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES"),
        ledger: Path | None = None,
        delay: float = 0,
        port: int = 0,
        tls: ssl.SSLContext | None = None,
        is_tls_from_start: bool = False,
        keeps_bodies: bool = True,
    ) -> None:
        self.tls, self.is_tls_from_start = tls, is_tls_from_start
        self.script, self.extensions, self.ledger, self.delay = script or {}, extensions, ledger, delay
        self.keeps_bodies = keeps_bodies
        self.messages: list[bytes] = []
        self.message_ids: list[str] = []
        self.recipients: list[str] = []
        self.times: list[float] = []  # when the conversation about it began, by the monotonic clock
        self.misdirected: list[str] = []  # whose envelope and To: header differ
        self.commands: list[str] = []
        self.connections = 0
        self.released = threading.Event()
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._listen(port)

    def _listen(self, port: int) -> None:
        sink = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                with sink._lock:
                    sink.connections += 1
                    number = sink.connections
                    sink._open.add(self.request)
                try:
                    _Session(sink, self.request, number).run()
                finally:
                    sink._open.discard(self.request)

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True
            request_queue_size = 64

            def handle_error(self, request: Any, client_address: Any) -> None:
                """The client went away: nothing to tell."""

        self._server = Server(("127.0.0.1", port), Handler)
        self._server.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        self.port: int = self._server.server_address[1]

    def __enter__(self) -> Sink:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()

    def shut(self) -> None:
        """Close the door and every conversation: who knocks is refused."""
        self._server.shutdown()
        self._server.server_close()
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def reopen(self) -> None:
        """Open the same door again."""
        self._listen(self.port)
        self.__enter__()

    @property
    def accepted(self) -> Counter[str]:
        """How often each Message-ID was accepted."""
        return Counter(self.message_ids)

    @property
    def talks(self) -> int:
        """How many conversations are open."""
        return len(self._open)

    def act(self, stage: str, connection: int, letter: int) -> Any:
        script = self.script
        return script(stage, connection, letter) if callable(script) else script.get(stage)

    def accept(self, message: bytes, recipient: str, *, begun: float = 0) -> None:
        with self._lock:
            if self.keeps_bodies:
                self.messages.append(message)
            self.message_ids.append(_message_id(message))
            self.times.append(begun)
            if (to := _TO.search(message)) and to.group(1).decode() != recipient:
                self.misdirected.append(recipient)
            if self.ledger is not None:
                with self.ledger.open("a") as file:
                    file.write(f"{self.message_ids[-1]} {recipient}\n")
            self.recipients.append(recipient)


class _Session:
    """One connection."""

    def __init__(self, sink: Sink, connection: socket.socket, number: int) -> None:
        self.sink, self.socket, self.number = sink, connection, number
        self.buffer = b""
        self.letter = 0
        self.recipient = ""
        self.begun = 0.0

    def run(self) -> None:
        if self.sink.is_tls_from_start:
            self.encrypt()
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if not self.say("banner", b"220 sink ESMTP\r\n"):
            return
        while (line := self.line()) is not None:
            command = line.decode("latin-1").strip()
            self.sink.commands.append(command)
            verb = command.upper().split(" ")[0].split(":")[0]
            if not self.answer(verb, command):
                return

    def answer(self, verb: str, command: str) -> bool:
        if verb in ("EHLO", "HELO"):
            lines = ["sink", *self.sink.extensions] if verb == "EHLO" else ["sink"]
            text = "".join(f"250{'-' if i < len(lines) - 1 else ' '}{line}\r\n" for i, line in enumerate(lines))
            return self.say("ehlo", text.encode())
        if verb == "MAIL":
            self.letter += 1
            self.begun = time.monotonic()
            return self.say("mail", b"250 2.1.0 Ok\r\n")
        if verb == "RCPT":
            act = self.sink.act("rcpt", self.number, self.letter)
            is_refused = isinstance(act, bytes) and not act.startswith(b"2")
            self.recipient = "" if is_refused else command.partition("<")[2].rstrip(">")
            return self.say("rcpt", b"250 2.1.5 Ok\r\n", act)
        if verb == "DATA" and not self.recipient:
            return self.say("", b"554 5.5.1 No valid recipients\r\n")
        if verb == "DATA":
            return self.data()
        if verb == "QUIT":
            self.say("quit", b"221 2.0.0 Bye\r\n")
            return False
        if verb == "STARTTLS" and self.sink.tls is not None:
            if self.say("starttls", b"220 2.0.0 Go\r\n"):
                self.buffer = b""
                self.encrypt()
                return True
            return False
        if command.upper() == "AUTH LOGIN":
            for prompt in (b"334 VXNlcm5hbWU6\r\n", b"334 UGFzc3dvcmQ6\r\n"):
                self.socket.sendall(prompt)
                self.line()
        usual = {"RSET": b"250 2.0.0 Ok\r\n", "AUTH": b"235 2.7.0 Ok\r\n", "STARTTLS": b"220 2.0.0 Go\r\n"}
        return self.say(verb.lower(), usual.get(verb, b"502 5.5.2 What?\r\n"))

    def encrypt(self) -> None:
        assert self.sink.tls is not None
        self.socket = self.sink.tls.wrap_socket(self.socket, server_side=True)

    def data(self) -> bool:
        act = self.sink.act("data", self.number, self.letter)
        if not self.say("data", b"354 Go on\r\n") or isinstance(act, bytes):
            return act is not None and not isinstance(act, str)
        if (self.sink.act("body", self.number, self.letter)) is not None:
            self.read_some()
            return self.say("body", b"")
        message = self.message()
        if message is None:
            return False
        time.sleep(self.sink.delay)
        act = self.sink.act("dot", self.number, self.letter)
        if act is None or act in (ACCEPT_DROP, ACCEPT_RESET, ACCEPT_HANG, DRIP) or _takes(act):
            self.sink.accept(message, self.recipient, begun=self.begun)
        return self.say("dot", b"250 2.0.0 Ok: queued\r\n")

    def say(self, stage: str, usual: bytes, act: Any = _ASK) -> bool:
        """Do what the script says at this stage; False when the connection is over."""
        act = self.sink.act(stage, self.number, self.letter) if act is _ASK else act
        if act in (HANG, ACCEPT_HANG):
            self.sink.released.wait(30)
        if act in (RESET, ACCEPT_RESET):
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if act in (DROP, RESET, HANG, ACCEPT_DROP, ACCEPT_RESET, ACCEPT_HANG):
            self.socket.close()
            return False
        if act == DRIP:
            for byte in usual:
                self.socket.sendall(bytes([byte]))
                if self.sink.released.wait(0.2):
                    return False
            return True
        reply = act if isinstance(act, bytes) else usual
        self.socket.sendall(reply)
        if reply.startswith(b"421") or (isinstance(act, bytes) and not act.endswith(b"\n")):
            self.socket.close()
            return False
        return True

    def line(self) -> bytes | None:
        while b"\n" not in self.buffer:
            if not self.more():
                return None
        line, _, self.buffer = self.buffer.partition(b"\n")
        return line

    def message(self) -> bytes | None:
        """Read to the final dot; undo the doubling of dots."""
        while not self.buffer.startswith(b".\r\n") and (end := self.buffer.find(b"\r\n.\r\n")) < 0:
            if not self.more():
                return None
        end = -2 if self.buffer.startswith(b".\r\n") else end
        message, self.buffer = self.buffer[: end + 2], self.buffer[end + 5 :]
        return message.replace(b"\r\n..", b"\r\n.")

    def read_some(self) -> None:
        while len(self.buffer) < 4096 and self.more():
            pass

    def more(self) -> bool:
        try:
            more = self.socket.recv(262_144)
        except OSError:
            return False
        self.buffer += more
        return bool(more)


def _takes(act: Any) -> bool:
    """Say whether a server that answers this at the dot has taken the message (garbage and half replies: it has)."""
    return isinstance(act, bytes) and (act[:1] == b"2" or not act[:3].isdigit())


def _message_id(message: bytes) -> str:
    found = _MESSAGE_ID.search(message)
    return found.group(1).decode() if found else ""
