"""The Daily Papers page as a person saves it: plain text, markdown with links, or HTML.

The plain form has no ids, votes, authors or dates, only a head and then title, abstract, title, abstract. One missing
abstract would shift every later pair, so a block that does not fit is reported and the reading goes on behind it.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from papers.sources import huggingface_page
from papers.sources.base import Parsed, Reader, Record, Rejection, SourceError, about, arxiv_id_in, line, sift, text_of
from papers.sources.markup import soup_of

NO_PAGE = (
    "This is no Daily Papers page: it holds no date line such as “Jul 29” followed by titles and abstracts, "
    "and no links to papers. Save the page itself, as text or HTML."
)
# arXiv takes abstracts up to 1,920 characters; a block that would make one longer belongs to no abstract.
LONGEST_ABSTRACT = 2_000
LONGEST_TITLE = 300
SHORTEST_ABSTRACT = 200

_DATE = re.compile(r"^([A-Z][a-z]{2})[a-z]* (\d{1,2})(?:, (\d{4}))?$")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_HEAD = re.compile(
    r"^(?:new|subscribe|(?:trending|daily|hugging face)? ?papers|get trending papers.*|by ?.*research community)$", re.I
)
_LINKED_TITLE = re.compile(r"^(?:#{1,6} *)?\[(?P<title>.+)\]\((?P<link>[^()\s]*/(?:papers|abs)/[^()\s]+)\)$")
_HEADING = re.compile(r"^#{2,6} +(?P<title>\S.*)$")
_VOTES = re.compile(r"^\[?(\d{1,6}|-)\]?$")
_SMALL_PRINT = re.compile(
    r"^(?:[-·•▲]|\[[\d-]*\]|\d+|\d+ authors?|Submitted by.*|Upvote|View all.*|Load more.*|Previous|Next"
    r"|!?\[[^\]]*\]\([^)]*\))$",
    re.I,
)
_HTML = re.compile(r"<(?:!doctype html|html|body|article|main|h[1-6]|p|div)\b", re.I)


def parse(body: bytes) -> Parsed:
    """Return the papers of a saved page, in the order of the page."""
    text = text_of(body)
    if _HTML.search(text):
        return _parse_html(text)
    return _parse_text(text)


def _parse_html(text: str) -> Parsed:
    soup = soup_of(text)
    if (parsed := huggingface_page.papers_of(soup)) is not None:
        return parsed
    for tag in soup(["script", "style", "template"]):
        tag.decompose()
    return _parse_text(soup.get_text("\n\n"))


def _parse_text(text: str) -> Parsed:
    blocks = _blocks(text)
    if sum(bool(_LINKED_TITLE.match(block)) for block in blocks) >= 1:
        return _parse_linked(blocks)
    start = _after_the_head(blocks)
    if start is None:
        raise SourceError(NO_PAGE)
    return _parsed(_pairs(blocks[start:]), blocks[start - 1])


def _blocks(text: str) -> list[str]:
    """Return the paragraphs as lines; where the text has no empty lines, each line is a paragraph."""
    chunks = [chunk for chunk in re.split(r"\n[ \t\r]*\n", text.replace("\r\n", "\n")) if chunk.strip()]
    if len(chunks) < 4:
        chunks = text.splitlines()
    blocks: list[str] = []
    for chunk in chunks:
        parts = [part for part in map(line, chunk.splitlines()) if part]
        # Headings, dates and votes stand on lines of their own even inside a paragraph; a wrapped abstract does not.
        if any(_DATE.match(part) or _LINKED_TITLE.match(part) for part in parts):
            blocks += parts
        elif parts:
            blocks.append(" ".join(parts))
    return blocks


def _after_the_head(blocks: Sequence[str]) -> int | None:
    """Return the index behind the date line of the head, or `None` when there is no such head."""
    for index, block in enumerate(blocks[:60]):
        if _DATE.match(block):
            is_our_page = any("daily papers" in before.lower() for before in blocks[:index])
            return index + 1 if is_our_page or _holds_a_pair(blocks[index + 1 :]) else None
    # A page of the week or of what is trending names no day.
    heads = [index for index, block in enumerate(blocks[:20]) if _HEAD.match(block)]
    return heads[-1] + 1 if heads and any("daily papers" in block.lower() for block in blocks[:20]) else None


def _holds_a_pair(blocks: Sequence[str]) -> bool:
    return any(_is_title(a) and _is_abstract(b) for a, b in zip(blocks, blocks[1:], strict=False))


def _is_abstract(block: str) -> bool:
    return len(block) >= SHORTEST_ABSTRACT or (len(block) >= 80 and ". " in block and block[-1] in ".!?…")


def _is_title(block: str) -> bool:
    return len(block) <= LONGEST_TITLE


def _pairs(blocks: Sequence[str]) -> Iterator[Record | Rejection]:
    """Yield one record for each title and abstract, and a rejection for each block that fits nowhere."""
    blocks = [block for block in blocks if not _SMALL_PRINT.match(block)]
    number, index = 0, 0
    title, abstract = "", ""
    while index < len(blocks):
        block, after = blocks[index], blocks[index + 1] if index + 1 < len(blocks) else ""
        index += 1
        if _is_title(block) and after and _is_abstract(after):
            if title:
                yield Record(title=title, abstract=abstract)
            number += 1
            title, abstract = block, after
            index += 1
        elif title and _continues(abstract, block):
            abstract = f"{abstract} {block}"
        else:
            number += 1
            why = "is an abstract without a title" if _is_abstract(block) else "is a title without an abstract"
            yield Rejection(about(number, block), why)
    if title:
        yield Record(title=title, abstract=abstract)


def _continues(abstract: str, block: str) -> bool:
    """Tell whether `block` is a further paragraph of the abstract: a sentence or an address, and not too much."""
    reads_on = _is_abstract(block) or block.endswith(".") or "http" in block
    return reads_on and len(abstract) + len(block) < LONGEST_ABSTRACT


def _parse_linked(blocks: Sequence[str]) -> Parsed:
    starts = [index for index, block in enumerate(blocks) if _LINKED_TITLE.match(block)]
    ends = [*starts[1:], len(blocks)]
    items = [
        _linked(number, blocks[start - 1] if start else "", blocks[start], blocks[start + 1 : end])
        for number, (start, end) in enumerate(zip(starts, ends, strict=True), 1)
    ]
    dates = [block for block in blocks[: starts[0]] if _DATE.match(block)]
    return _parsed(items, dates[-1] if dates else "")


def _linked(number: int, before: str, heading: str, rest: Sequence[str]) -> Record | Rejection:
    found = _LINKED_TITLE.match(heading)
    assert found
    title, (arxiv_id, version) = line(found["title"]), arxiv_id_in(found["link"])
    text = [block for block in rest if not _SMALL_PRINT.match(block) and not _DATE.match(block)]
    abstract = " ".join(block for block in text if _is_abstract(block))[:LONGEST_ABSTRACT]
    if not title:
        return Rejection(about(number, heading), "has no title")
    votes = _VOTES.match(before)
    dates = [day for block in rest if (day := _full_date(block))]
    return Record(
        title=title,
        abstract=abstract,
        arxiv_id=arxiv_id,
        arxiv_version=version,
        url=f"https://arxiv.org/abs/{arxiv_id}" if arxiv_id else "",
        pdf_url=f"https://arxiv.org/pdf/{arxiv_id}" if arxiv_id else "",
        published_on=dates[0] if dates else None,
        votes=int(votes[1]) if votes and votes[1] != "-" else None,
    )


def _full_date(block: str) -> dt.date | None:
    found = _DATE.match(block)
    return _date(found[1], found[2], found[3]) if found and found[3] else None


def _date(month: str, day: str, year: str) -> dt.date | None:
    try:
        return dt.date(int(year), _MONTHS.index(month) + 1, int(day))
    except ValueError:
        return None


def _parsed(items: Iterable[Record | Rejection], date_line: str) -> Parsed:
    parsed = sift(items)
    if not parsed.records:
        raise SourceError(NO_PAGE)
    found = _DATE.match(date_line)
    notes = {"month": found[1], "day": found[2]} if found and not found[3] else {}
    return replace(parsed, day=_full_date(date_line), notes=notes)


READER = Reader("saved-page", parse=parse)
