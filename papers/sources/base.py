"""The one shape in which every source hands over a paper."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol


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
    # Of a paper of arXiv both are made from its id, whatever stands here.
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
    month_and_day: tuple[int, int] | None = None  # of a page that names no year


class Web(Protocol):
    """What `fetch` may ask of the network: one address, one body; `None` when it has not changed since last time."""

    def get(self, url: str, *, accept: str = "*/*") -> bytes | None: ...


@dataclass(frozen=True, slots=True)
class Request:
    """What a source is asked for: its address or query, and the days `since` to `until`, both included."""

    address: str
    since: dt.date
    until: dt.date
    ids: tuple[str, ...] = ()  # arXiv ids whose details are wanted besides
    bookmark: str = ""  # where an answer of the same question said to go on


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of a source; `bookmark` says, in the source's own words, where to go on after it another time."""

    body: bytes
    bookmark: str = ""


@dataclass(frozen=True, slots=True)
class Reader:
    """A kind of source: `parse` understands one answer, `fetch` asks for the answers of some days."""

    name: str
    parse: Callable[[bytes], Parsed]
    fetch: Callable[[Web, Request], Iterator[Answer]] | None = None
    # Reads a long file line by line; only for formats that can be cut so.
    parse_line: Callable[[bytes], Record | Rejection] | None = None


# A file with more entries that are no papers than this is something else.
MOST_REJECTIONS = 10_000


def sift(read: Iterable[Record | Rejection | None], *, day: dt.date | None = None) -> Parsed:
    """Return records and rejections apart, in their order."""
    records: list[Record] = []
    rejections: list[Rejection] = []
    for item in read:
        if isinstance(item, Record):
            records.append(item)
        elif item is not None:
            rejections.append(item)
            if len(rejections) > MOST_REJECTIONS:
                raise SourceError(
                    f"More than {MOST_REJECTIONS:,} entries are no papers; the first: {rejections[0].why}."
                )
    return Parsed(tuple(records), tuple(rejections), day=day)


_NEW_ID = re.compile(r"(?<!\d)(?<!\d\.)(\d\d(?:0[1-9]|1[0-2])\.\d{4,5})(?:[vV](\d{1,3}))?(?![\d.]{0,9}\d)")
# math.GT/0309136 is math/0309136: the class was never part of the name.
_OLD_ID = re.compile(r"(?<![\w-])([a-z]{1,9}(?:-[a-z]{2,4})?)(?:\.[A-Za-z-]{2,9})?/(\d{7})(?:[vV](\d{1,3}))?(?!\d)")
# Excel takes an id for a number: 2403.1 was 2403.10000, and 704.0001 was 0704.0001.
_NUMBER_ID = re.compile(r"(\d{3,4})\.(\d{1,5})")
_ABOUT_ARXIV = re.compile(r"arxiv|ar5iv|huggingface\.co/papers/|hf\.co/papers/", re.I)
_DOI = re.compile(r"10\.\d{4,9}/[^\s\"<>]+")
_OUR_OWN_DOI = "10.48550/arxiv."


def line(value: Any) -> str:
    """Return `value` as one line: control characters and lone surrogates gone, whitespace collapsed; "" for no text."""
    if not isinstance(value, str):
        return ""
    if value.isascii():
        # Nearly every text comes as it should be; a look costs a fifth of taking it apart.
        if value.isprintable() and "  " not in value and value[:1] != " " and value[-1:] != " ":
            return value
    else:
        value = unicodedata.normalize("NFC", value.encode("utf-8", "ignore").decode())
    text = " ".join(value.split())
    if not text.isprintable():
        text = " ".join("".join(c for c in text if c.isprintable() or c == " ").split())
    return text


def refuse_page(body: bytes, what: str) -> None:
    """Raise SourceError when a web page came instead of `what`, as in a network that wants one to sign in."""
    if body.lstrip()[:14].lower().startswith((b"<!doctype html", b"<html")):
        title = re.search(rb"<title[^>]{0,80}>([^<]{1,80})", body[:20_000], re.I)
        named = f" “{line(title[1].decode('utf-8', 'replace'))}”" if title else ""
        raise SourceError(
            f"This is no {what} but the web page{named}: is the address right, does a sign-in page stand before it?"
        )


def lines(values: Any) -> tuple[str, ...]:
    """Return the texts among `values` as lines, each once, empty ones left out."""
    if not isinstance(values, Iterable) or isinstance(values, (str, bytes, dict)):
        return ()
    return tuple(dict.fromkeys(text for text in map(line, values) if text))


def arxiv_id_in(text: str) -> tuple[str, int | None]:
    """Return the arXiv id without version, and the version, that `text` holds; `("", None)` for none.

    >>> arxiv_id_in("http://arxiv.org/abs/1605.08386v2")
    ('1605.08386', 2)
    """
    if found := _NEW_ID.search(text):
        return found[1], int(found[2]) if found[2] else None
    if found := _OLD_ID.search(text):
        return f"{found[1]}/{found[2]}", int(found[3]) if found[3] else None
    return "", None


def arxiv_id_of(*places: str) -> tuple[str, int | None]:
    """Return the id and version in the first of these addresses and DOIs that is about a paper of arXiv."""
    about_arxiv = (place for place in places if _ABOUT_ARXIV.search(place))
    return next((found for found in map(arxiv_id_in, about_arxiv) if found[0]), ("", None))


def arxiv_id_as(value: Any) -> tuple[str, int | None]:
    """Return the id in a field that is there for it, though a spreadsheet or JSON took it for a number."""
    text = f"{value:.5f}" if isinstance(value, float) else line(value)
    found = _NUMBER_ID.fullmatch(text)
    if not found or (len(found[1]) == 4 and len(found[2]) == 5 and not isinstance(value, float)):
        return arxiv_id_in(text)
    month = found[1].zfill(4)
    # Ids have five digits since 2015.
    length = 5 if month >= "1501" else 4
    return arxiv_id_in(f"{month}.{found[2].rstrip('0').ljust(length, '0')[:length]}")


def doi_in(text: str) -> str:
    """Return the DOI that `text` holds, in lower case; "" for none, and for those that arXiv gives its own papers."""
    found = _DOI.search(text)
    doi = found[0].rstrip(".,;)]}").lower() if found else ""
    return "" if doi.startswith(_OUR_OWN_DOI) else doi[:255]


def link(value: Any) -> str:
    """Return `value` when it is an address that a reader may be sent to (http or https), else ""."""
    text = line(value)
    return text if re.match(r"https?://[^\s/]+", text, re.I) and " " not in text and len(text) <= 500 else ""


def count(value: Any) -> int | None:
    """Return a number or its digits ("12", "1,204", "1.2k") as a count that our columns can hold, or `None`."""
    if isinstance(value, str):
        value = _written_count(value.strip())
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 2**31:
        return None
    return int(value)


def _written_count(text: str) -> float | None:
    found = re.fullmatch(r"(\d{1,9}|\d{1,3}(?:,\d{3}){1,2})(\.\d{1,3})?(k?)", text, re.I)
    if not found:
        return None
    return round(float(found[1].replace(",", "") + (found[2] or "")) * (1000 if found[3] else 1), 3)


def about(number: int, title: Any) -> str:
    """Name an entry to a person: its number and the beginning of its title."""
    return f"{number}: {line(title)[:80] or '(no title)'}"


def text_of(body: bytes) -> str:
    """Return the text of a page or file; refuse what is empty or no text at all."""
    if not body.strip():
        raise SourceError("The file is empty. Save the page again and try once more.")
    if body[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return body.decode("utf-16", "replace")
    if b"\0" in body:
        raise SourceError("This is no text but a picture or an archive. Give a page as HTML, a list as text.")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = body.decode("utf-8-sig", "replace")
    # A damaged byte or two among good UTF-8, or the code page of an old Windows, in which no accent is good UTF-8.
    is_damaged = any(sign > "\x7f" and sign != "\ufffd" for sign in text)
    return text if is_damaged else body.decode("cp1252", "replace")
