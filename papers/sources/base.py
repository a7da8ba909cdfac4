"""The one shape in which every source hands over a paper."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field


class SourceError(Exception):
    """A source could not be read; the message says in plain words what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class Record:
    """One paper as a source tells of it: text untouched but for whitespace, everything but the title optional."""

    title: str
    abstract: str = ""
    authors: tuple[str, ...] = ()
    arxiv_id: str = ""  # without version: "2507.19849", "astro-ph/0601001"
    arxiv_version: int | None = None
    doi: str = ""
    url: str = ""
    pdf_url: str = ""
    code_url: str = ""
    project_url: str = ""
    organization: str = ""
    categories: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    published_on: dt.date | None = None
    featured_on: dt.date | None = None
    votes: int | None = None
    comments: int | None = None
    stars: int | None = None


@dataclass(frozen=True, slots=True)
class Rejection:
    """One entry that could not become a record, and why, in words for an editor."""

    entry: str  # what identifies it to a person: number and beginning of the title
    why: str


@dataclass(frozen=True, slots=True)
class Parsed:
    """What one answer of a source holds."""

    records: tuple[Record, ...]
    rejections: tuple[Rejection, ...] = ()
    day: dt.date | None = None
    notes: dict[str, str] = field(default_factory=dict)
