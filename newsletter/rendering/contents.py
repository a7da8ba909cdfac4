"""What a digest is made of, as plain values; text is already safe for one line."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from papers.ranking import Reason


@dataclass(frozen=True, slots=True)
class PaperContents:
    """A paper as a letter shows it. `url` is where the title leads, the others may be empty."""

    id: int
    title: str
    url: str
    abstract: str = ""
    authors: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()  # names as kept, most certain first
    topic_slugs: frozenset[str] = frozenset()
    pdf_url: str = ""
    code_url: str = ""
    project_url: str = ""
    votes: int = 0
    day: dt.date | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """One chosen paper in one reader's digest; the reason's value is in words ("Vision", not "vision").

    Known by its identity: it is looked up for every letter, and its values' hash would cost more than the look.
    """

    paper: PaperContents
    reason: Reason


@dataclass(frozen=True, slots=True)
class Words:
    """What the editor wrote: one line, and paragraphs parted by an empty one."""

    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class EditionContents:
    """What all digests of a day share, or all letters of an announcement (`words`).

    `total` and `week_total` count the papers of the day and of the seven days up to it, `headlines` are the day's best
    in order.
    """

    day: dt.date
    total: int = 0
    week_total: int = 0
    note: str = ""
    headlines: tuple[PaperContents, ...] = ()
    words: Words | None = None


@dataclass(slots=True, eq=False)
class Issue:
    """One reader's digest: all that the press knows of a reader. `topics` counts what they follow.

    It is not wanted when papers were taken back since and what is left is less than the reader asked for at least.
    """

    digest_id: int
    to: str
    subscriber_id: int
    epoch: int = 0
    language: str = "en"
    items: tuple[Item, ...] = ()
    topics: int = 0
    muted: frozenset[str] = frozenset()
    is_tracked: bool = False
    is_first: bool = False
    is_weekly: bool = False
    is_wanted: bool = True
