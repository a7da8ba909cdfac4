"""Handing over by SMTP: several connections of one worker, driven by one thread."""

from __future__ import annotations

import contextlib
import select
import socket
import time
from collections import deque
from collections.abc import Iterable, Iterator

from mail.encoding import one_line
from mail.letter import Letter
from mail.transport.channel import IDLE, READ, WRITE, Lost, Refused, enhanced_of
from mail.transport.conversation import Conversation, Parcel
from mail.transport.message import wire_of
from mail.transport.outcome import LONGEST_TEXT, Journal, Kind, Outcome, discreet
from mail.transport.server import Server

_TRIES = 2  # of one letter on two connections, when the first ended before the dot
_DEATHS = 3  # connections in a row that ended without an answer to any letter: the server is not well
_IDLE_SECONDS = 60.0
_LOOK_SECONDS = 0.25  # between two looks for servers that do not answer in time


class _Desk:
    """The letters of one `deliver`, and their outcomes."""

    def __init__(self, letters: Iterable[Letter], journal: Journal) -> None:
        self._letters, self._journal = iter(letters), journal
        self._waiting: deque[Parcel] = deque()
        self._tries: dict[str, int] = {}
        self.outcomes: deque[Outcome] = deque()
        self.in_hand = 0
        self.answers = 0
        self.is_closed = False
        self.fault: Exception | None = None

    def has_more(self, count: int = 1) -> bool:
        """Say whether so many letters wait to be taken; fetches them to know."""
        while len(self._waiting) < count and self._fetch():
            pass
        return len(self._waiting) >= count

    def take(self) -> Parcel | None:
        if self.is_closed or not (self._waiting or self._fetch()):
            return None
        self.in_hand += 1
        return self._waiting.popleft()

    def leaving(self, letter: Letter) -> None:
        try:
            self._journal.leaving(letter)
        except OSError as error:
            raise Lost(f"the sender's journal takes no entry: {error.strerror}") from error

    def finish(self, outcome: Outcome) -> None:
        self.in_hand -= 1
        self.answers += outcome.kind != Kind.UNKNOWN
        self._note(outcome)

    def put_back(self, parcel: Parcel, why: Outcome) -> None:
        self.in_hand -= 1
        # A letter whose envelope rode behind another's body is not to blame for what became of the connection.
        tries = self._tries[parcel.letter.key] = self._tries.get(parcel.letter.key, 0) + (not why.is_transport)
        if tries >= _TRIES:
            self._note(why)
        else:
            self._waiting.appendleft(parcel)

    def give_up(self, why: Outcome) -> None:
        """Defer one letter: the way out is closed. Who hears of it may hold back the others before we ask for them."""
        if self.has_more():
            self._note(why._replace(key=self._waiting.popleft().letter.key))

    def _fetch(self) -> bool:
        while self.fault is None:
            try:
                letter = next(self._letters)
            except StopIteration:
                return False
            except Exception as error:  # the caller's fault; it gets it back once all that is under way has ended
                self.fault = error
                return False
            try:
                self._waiting.append(Parcel(letter, wire_of(letter)))
                return True
            except (ValueError, LookupError, TypeError) as error:
                text = discreet(f"{type(error).__name__}: {error}", letter)
                self._note(Outcome(letter.key, Kind.REFUSED, "build", text=text))
        return False

    def _note(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)
        self._journal.answered(outcome)


class _Line:
    """A conversation with its place in the selector."""

    def __init__(self, server: Server, desk: _Desk) -> None:
        self.conversation = Conversation(server, desk)
        self.talk = self.conversation.talk()
        self.wants = READ
        self.watched: socket.socket | None = None
        self.watched_fd = -1
        self.idle_since = 0.0


class SmtpTransport:
    """One SMTP server, its connections kept open between calls."""

    def __init__(self, server: Server, name: str = "smtp") -> None:
        self.server, self.name = server, name
        self._lines: list[_Line] = []
        self._idle: set[_Line] = set()
        self._by_fd: dict[int, _Line] = {}
        self._poll = select.poll()  # and not a selector: that costs 5 µs a look, a tenth of what a letter takes
        self._look_at = 0.0

    def deliver(self, letters: Iterable[Letter], journal: Journal) -> Iterator[Outcome]:
        """Hand over the letters and yield one outcome each, as they come. Not for two threads at once."""
        desk = _Desk(letters, journal)
        self._drop_old()
        for line in self._lines:
            line.conversation.desk = desk
        try:
            yield from self._work(desk)
        finally:
            for line in [line for line in self._lines if line.wants != IDLE]:
                self._drop(line)
        if desk.fault is not None:
            raise desk.fault

    def close(self) -> None:
        """Close every connection."""
        for line in list(self._lines):
            self._drop(line)

    def _work(self, desk: _Desk) -> Iterator[Outcome]:
        run = _Run(self.server.connections)
        while True:
            if not desk.is_closed and (self._idle or len(self._lines) < run.limit):
                self._staff(desk, run)
            while desk.outcomes:
                yield desk.outcomes.popleft()
            if run.trouble is not None and not desk.in_hand:
                desk.give_up(run.trouble)
            elif desk.in_hand or desk.has_more():
                self._wait(desk, run)
            if not desk.in_hand and not desk.outcomes and not desk.has_more():
                return

    def _staff(self, desk: _Desk, run: _Run) -> None:
        """Wake who is idle while letters wait; open one connection more when nobody is."""
        for line in list(self._idle):
            if not desk.has_more():
                return
            self._step(line, desk, run)
        opening = sum(not line.conversation.has_opened for line in self._lines)
        if len(self._lines) < run.limit and desk.has_more(opening + 1):
            line = _Line(self.server, desk)
            self._lines.append(line)
            self._step(line, desk, run)

    def _wait(self, desk: _Desk, run: _Run) -> None:
        """Let those go on whom their server has answered; give up on servers that were silent for too long."""
        if len(self._idle) == len(self._lines):
            return
        ready = self._poll.poll(_LOOK_SECONDS * 1000)
        now = time.monotonic()  # before the steps: one may wait for a letter, and who answers meanwhile is not silent
        for fd, _event in ready:
            self._step(self._by_fd[fd], desk, run)
        if now < self._look_at:
            return
        self._look_at = now + _LOOK_SECONDS
        for line in [line for line in self._lines if line.wants != IDLE and line.conversation.deadline <= now]:
            self._step(line, desk, run, Lost(f"no answer in time at {line.conversation.stage}"))

    def _step(self, line: _Line, desk: _Desk, run: _Run, error: Exception | None = None) -> None:
        """Let a conversation go on until it must wait again."""
        answers = desk.answers
        try:
            wants = line.talk.throw(error) if error else next(line.talk)
            if wants != line.wants or line.conversation.socket is not line.watched:
                self._watch(line, wants)
        except (Lost, Refused, OSError) as end:
            was_idle = line.wants == IDLE
            self._drop(line)
            if not was_idle:
                run.note_end(line.conversation, end, others=len(self._lines))
            desk.is_closed = run.trouble is not None
        except BaseException:
            self._drop(line)
            raise
        if desk.answers > answers:
            run.deaths = 0

    def _watch(self, line: _Line, wants: int) -> None:
        """Wait for what a conversation waits for; an idle one may still hear that its server hangs up."""
        current = line.conversation.socket
        if line.watched is not current:
            self._unwatch(line)
            line.watched, line.watched_fd = current, current.fileno()
            self._by_fd[line.watched_fd] = line
        self._poll.register(line.watched_fd, select.POLLOUT if wants == WRITE else select.POLLIN)
        line.wants = wants
        if wants == IDLE:
            self._idle.add(line)
            line.idle_since = time.monotonic()
        else:
            self._idle.discard(line)

    def _unwatch(self, line: _Line) -> None:
        if line.watched is not None:
            self._poll.unregister(line.watched_fd)
            del self._by_fd[line.watched_fd]
            line.watched = None

    def _drop(self, line: _Line) -> None:
        self._unwatch(line)
        if line.wants == IDLE:
            with contextlib.suppress(OSError):
                line.conversation.socket.send(b"QUIT\r\n")  # whatever comes of it, each letter has its answer
        line.talk.close()
        self._lines.remove(line)
        self._idle.discard(line)

    def _drop_old(self) -> None:
        now = time.monotonic()
        for line in [line for line in self._idle if now - line.idle_since > _IDLE_SECONDS]:
            self._drop(line)


class _Run:
    """What one `deliver` learns about the server."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.deaths = 0
        self.trouble: Outcome | None = None

    def note_end(self, conversation: Conversation, end: Exception, *, others: int) -> None:
        """Judge a connection's end: the server's trouble, too many connections, or an accident."""
        # "421 too many messages on this connection" after some of them is how a busy server asks for a new one.
        is_full = isinstance(end, Refused) and end.reply.code == 421 and conversation.letters > 0
        is_sender_refused = isinstance(end, Refused) and conversation.has_opened and not is_full
        self.deaths += 1
        if not conversation.has_opened and others:
            self.limit = others
        elif is_sender_refused or not conversation.has_opened or self.deaths >= _DEATHS:
            self.trouble = _outcome_of(conversation.stage, end)


def _outcome_of(stage: str, end: Exception) -> Outcome:
    code, enhanced = (end.reply.code, enhanced_of(end.reply.text)) if isinstance(end, Refused) else (0, "")
    return Outcome("", Kind.DEFERRED, stage, code, enhanced, one_line(str(end))[:LONGEST_TEXT], is_transport=True)
