"""What a worker knows of a claim and the database does not yet: an append-only file that outlives the process.

A line is written just before a body leaves and right after its answer, without fsync: it survives the process, not the
machine. While the worker lives it holds a lock on the file, which the kernel lets go when it dies; so a sweeper on the
same machine sees at once whose claim is to be settled, and from the file how (docs/reliability.md).
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings

from mail.letter import Letter
from mail.transport import Kind, Outcome

# No body leaves later than this after its intent, so the slowest answer (120 s) still falls into the lease.
MOST_SECONDS_TO_LEAVE = 30
_SUFFIX = ".journal"


class JournalFull(OSError):
    """The journal's disk takes nothing, so nothing may leave."""


def journals() -> Path:
    """Return the folder of this machine's journals."""
    folder = Path(settings.VAR_DIR, "journals")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


class Journal:
    """The file of one claim: it is gone once all its intents are settled, and stays when the worker dies before.

    `lease` is a name that no claim had before: it fences every earlier holder.
    """

    def __init__(self) -> None:
        self.lease = f"{os.getpid()}-{uuid.uuid4().hex[:16]}"
        self.path = journals() / f"{self.lease}{_SUFFIX}"
        # Locked before it has its name, or a sweeper would take it for a dead worker's.
        unnamed = self.path.with_suffix(".new")
        self._file = os.open(unnamed, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_APPEND, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX)
        unnamed.rename(self.path)
        self.is_open = True
        self._is_complete = False
        self._unsettled = 0

    @classmethod
    def open(cls) -> Journal:
        """Return the journal of a new claim; raise JournalFull."""
        try:
            return cls()
        except OSError as error:
            raise JournalFull(*error.args) from error

    def begin(self) -> None:
        """Note that the letters are ready: no death after this is the fault of one of them. OSError when it is full."""
        self.write(f"B\t{self.lease}\n")

    def intend(self) -> Intent:
        """Return the page of one intent, before it is written to the database."""
        self._unsettled += 1
        return Intent(self)

    def note_settled(self) -> None:
        """Note that what became of one intent is in the database."""
        self._unsettled -= 1
        self._close_if_done()

    def end(self) -> None:
        """Note that no further intent follows."""
        self._is_complete = True
        self._close_if_done()

    def abandon(self) -> None:
        """Leave the file, unless it is done with, to the next sweep."""
        if self.is_open:
            self.is_open = False
            os.close(self._file)

    def write(self, line: str) -> None:
        """Append a line; OSError when it does not fit whole."""
        data = line.encode()
        if os.write(self._file, data) != len(data):
            raise OSError("the journal's disk is full")

    def _close_if_done(self) -> None:
        if self._is_complete and not self._unsettled and self.is_open:
            self.path.unlink(missing_ok=True)
            self.abandon()


class Intent:
    """What is noted of the letters of one intent, between two packets."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self._written_at = time.monotonic()
        self.left: set[str] = set()

    def is_in_time(self) -> bool:
        """Say whether another body may leave under this intent's lease; a stopped process wakes up to a no."""
        return time.monotonic() - self._written_at < MOST_SECONDS_TO_LEAVE

    def leaving(self, letter: Letter) -> None:
        """Note that the body is about to leave; OSError keeps it here."""
        if not self.is_in_time():
            raise OSError("the lease of this batch is too old to start a letter")
        self.journal.write(f"S\t{letter.key}\n")
        self.left.add(letter.key)

    def answered(self, outcome: Outcome) -> None:
        """Note what came back, before anybody else learns of it.

        On a full disk it stays unsaid: the owner hears of it all the same, and nobody reads here unless the owner dies.
        """
        with contextlib.suppress(OSError):
            self.journal.write(_line(outcome))


@dataclass(slots=True)
class Page:
    """What a journal says."""

    lease: str = ""
    left: set[int] = field(default_factory=set)
    outcomes: list[Outcome] = field(default_factory=list)


def read_page(path: Path) -> Page:
    """Return the page of a journal; a last line torn by a crash counts as not written."""
    page = Page()
    for line in path.read_bytes().decode(errors="replace").splitlines(keepends=True):
        if not line.endswith("\n"):
            break
        mark, *rest = line.rstrip("\n").split("\t")
        if mark == "B":
            page.lease = rest[0]
        elif mark == "S":
            page.left.add(int(rest[0]))
        elif mark == "A":
            page.outcomes.append(_outcome(rest))
    return page


def page_of(lease: str) -> Page:
    """Return what the journal of a lease says; an empty page when it lies elsewhere."""
    try:
        return read_page(journals() / f"{lease}{_SUFFIX}")
    except FileNotFoundError:
        return Page()


def journals_of_the_dead() -> Iterator[tuple[str, Path]]:
    """Yield the lease and journal of each claim whose worker died here; delete it once the caller comes back."""
    for path in sorted(journals().glob(f"*{_SUFFIX}")):
        with contextlib.suppress(FileNotFoundError), path.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue  # it lives
            if path.exists():  # another sweeper may have been quicker
                yield path.stem, path
                path.unlink(missing_ok=True)


def _line(outcome: Outcome) -> str:
    if outcome.kind == Kind.ACCEPTED and not outcome.enhanced and not outcome.provider_id:  # nearly all, so at once
        return f"A\t{outcome.key}\t{Kind.ACCEPTED}\t{outcome.stage}\t{outcome.code}\t\t\t0\t\n"
    said = (outcome.key, outcome.kind, outcome.stage, outcome.code, outcome.enhanced, outcome.provider_id)
    end = "" if outcome.kind == Kind.ACCEPTED else " ".join(outcome.text[:200].split())
    return "A\t" + "\t".join(map(str, said)) + f"\t{int(outcome.is_transport)}\t{end}\n"


def _outcome(fields: list[str]) -> Outcome:
    key, kind, stage, code, enhanced, provider_id, is_transport, text = fields
    return Outcome(key, Kind(kind), stage, int(code), enhanced, text, provider_id, is_transport == "1")
