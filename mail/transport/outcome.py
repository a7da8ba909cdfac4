"""What became of one letter."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable
from typing import NamedTuple, Protocol

from mail.encoding import one_line
from mail.letter import Letter

LONGEST_TEXT = 300
_LOCAL_PART = re.compile(r"[^\s<>]+@")


class Kind(enum.StrEnum):
    """The four ends of a handing over; each says what the caller may do next."""

    ACCEPTED = "accepted"  # the other side took it and said so
    REFUSED = "refused"  # it said no, for good
    DEFERRED = "deferred"  # it certainly did not take it: try later
    UNKNOWN = "unknown"  # the body left and no clear answer came: it may have been taken


class Outcome(NamedTuple):
    """One letter's end: `key` is the letter's, `stage` where the conversation stood, `code` the reply's number.

    `code` is an SMTP or HTTP status, 0 when none came. `enhanced` is the RFC 3463 code ("5.1.1") or "". With
    `is_transport` the fault is not the letter's: no attempt is used up and the letter waits. `retry_after` is
    how many seconds the other side (or our own budget) asks to wait, 0 when it did not say.
    """

    key: str
    kind: Kind
    stage: str = ""
    code: int = 0
    enhanced: str = ""
    text: str = ""
    provider_id: str = ""
    is_transport: bool = False
    retry_after: float = 0

    @property
    def words(self) -> str:
        """What the other side said and at which stage, for an operator: no address, not even a sender's."""
        said = f"{self.code or ''} {self.text}".strip()
        return f"{self.stage}: {_LOCAL_PART.sub('…@', said)}"[:LONGEST_TEXT]


def discreet(text: str, letter: Letter) -> str:
    """Return what the other side said, short enough to keep and without the reader's address.

    Servers like to repeat it ("550 <ada@example.org> unknown"); what is kept of a refusal outlives the reader's data.
    A server may also say NUL, which no column of PostgreSQL takes: the outcome of a whole batch would be lost.
    """
    if "@" in text:
        text = re.sub(re.escape(letter.to), "the reader", text, flags=re.IGNORECASE)
    return one_line(text)[:LONGEST_TEXT]


class Journal(Protocol):
    """The sender's diary; both methods must be quick, they run between two packets."""

    def leaving(self, letter: Letter) -> None:
        """Note that the body is about to leave; raise OSError to keep it here (the letter is deferred)."""

    def answered(self, outcome: Outcome) -> None:
        """Note what came back, before anybody else learns of it; raise nothing, the caller hears of it all the same."""


class NoJournal:
    """For letters whose ambiguity nobody needs to settle."""

    def leaving(self, letter: Letter) -> None:
        """Keep nothing."""

    def answered(self, outcome: Outcome) -> None:
        """Keep nothing."""


class Transport(Protocol):
    """One way out. Every letter given comes back as one Outcome, in any order."""

    name: str

    def deliver(self, letters: Iterable[Letter], journal: Journal) -> Iterable[Outcome]:
        """Hand over the letters, taken one by one as there is room."""
