"""The Daily Papers page as a person saves it: plain text, markdown with links, or HTML.

The plain form has no ids, votes, authors or dates, only a head and then title, abstract, title, abstract. One missing
abstract would shift every later pair, so a block that does not fit is reported and the reading goes on behind it.
"""

from __future__ import annotations

import email
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice

from papers.sources import huggingface_page
from papers.sources.base import Parsed, Reader, Record, Rejection, SourceError, about, arxiv_id_in, line, sift, text_of
from papers.sources.markup import soup_of
from papers.sources.page_lines import (
    ENUMERATED,
    HEAD,
    LONGEST_ABSTRACT,
    SMALL_PRINT,
    SPAN,
    VOTES,
    blocks_of,
    continues,
    day_line,
    full_date,
    holds_a_pair,
    is_abstract,
    is_title,
    linked_title,
    text_of_papers,
)

NO_PAGE = (
    "This is no Daily Papers page: it holds no date line such as “Jul 29” followed by titles and abstracts, "
    "and no links to papers. Save the page itself, as text or HTML."
)
# A saved page of a few hundred papers is smaller, pictures included.
MOST_WRAPPED = 16 * 1024 * 1024
MOST_LINKS = 2_000
_HTML = re.compile(r"<(?:!doctype html|html|body|article|main|h[1-6]|p|div)\b", re.I)
_INLINE = re.compile(
    r"</?(?:a|abbr|b|code|em|font|i|mark|q|s|small|span|strong|sub|sup|tt|u|var|wbr)(?:\s[^<>]{0,2000})?>", re.I
)


def parse(body: bytes) -> Parsed:
    """Return the papers of a saved page, in the order of the page."""
    text = text_of(_page_within(body))
    if _HTML.search(text):
        return _parse_html(text)
    return _parse_text(text)


def _page_within(body: bytes) -> bytes:
    """Return the page that a browser wrapped into one file, as in a mail (.mhtml)."""
    if not re.match(rb"\s*(?:From|MIME-Version|Content-Type|Snapshot-Content-Location):", body[:400], re.I):
        return body
    message = email.message_from_bytes(body[:MOST_WRAPPED])
    for part in islice(message.walk(), 50):
        page = part.get_payload(decode=True) if part.get_content_type() == "text/html" else None
        if isinstance(page, bytes):
            return page
    return body


def _parse_html(text: str) -> Parsed:
    soup = soup_of(text)
    if (parsed := huggingface_page.papers_of(soup)) is not None:
        return parsed
    for tag in soup(["script", "style", "template", "nav", "footer"]):
        tag.decompose()
    for anchor in soup.find_all("a", href=re.compile(r"/(?:papers|abs)/\d{4}\.\d{4,5}(?:v\d+)?$"), limit=MOST_LINKS):
        title = line(anchor.get_text(" "))
        if len(title) > 3 and not title.isdigit():
            anchor.string = f"\n\n### [{title}]({anchor['href']})\n\n"
    # What stands within a line is no paragraph of its own.
    return _parse_text(soup_of(_INLINE.sub("", str(soup))).get_text("\n\n"))


def _parse_text(text: str) -> Parsed:
    blocks = blocks_of(text)
    if any(map(linked_title, blocks)):
        return _parse_linked(blocks)
    start = _after_the_head(blocks)
    if start is None:
        raise SourceError(NO_PAGE)
    return _parsed(_pairs(blocks[start:]), blocks[start - 1] if start else "")


def _after_the_head(blocks: Sequence[str]) -> int | None:
    """Return the index behind the date line of the head, or `None` when there is no such head."""
    for index, block in enumerate(blocks[:60]):
        if holds_a_pair(blocks[max(0, index - 2) : index]):
            break  # what days come now are those of papers
        if day_line(block) or SPAN.match(block):
            is_our_page = any("papers" in before.lower() for before in blocks[:index])
            return index + 1 if is_our_page or holds_a_pair(blocks[index + 1 :]) else None
    # A page of the week or of what is trending names no day.
    heads = [index for index, block in enumerate(blocks[:20]) if HEAD.match(block)]
    if heads and any("papers" in block.lower() for block in blocks[:20]):
        return heads[-1] + 1
    # Only the list itself was saved: nothing but titles and abstracts.
    pairs = [index for index in range(len(blocks) - 1) if is_title(blocks[index]) and is_abstract(blocks[index + 1])]
    enough = len(pairs) > 1 and len(pairs) >= 0.4 * sum(1 for _ in text_of_papers(blocks[pairs[0] :]))
    return pairs[0] if enough else None


def _pairs(blocks: Sequence[str]) -> Iterator[Record | Rejection]:
    """Yield one record for each title and abstract, and a rejection for each block that fits nowhere."""
    blocks = [*text_of_papers(blocks), "", ""]
    number, index = 0, 0
    title, abstract = "", ""
    while index < len(blocks) - 2:
        block, after, second = blocks[index : index + 3]
        index += 1
        opens = len(after) >= 60 and after.endswith(".") and is_abstract(second)  # a paragraph of one sentence
        if is_title(block) and (is_abstract(after) or opens):
            if title:
                yield Record(title=title, abstract=abstract)
            number += 1
            title, abstract = block, after
            index += 1
        elif title and continues(abstract, block):
            abstract = f"{abstract} {block}"
        else:
            number += 1
            why = "is an abstract without a title" if is_abstract(block) else "is a title without an abstract"
            yield Rejection(about(number, block), why)
    if title:
        yield Record(title=title, abstract=abstract)


def _parse_linked(blocks: Sequence[str]) -> Parsed:
    starts = [index for index, block in enumerate(blocks) if linked_title(block)]
    ends = [*starts[1:], len(blocks)]
    items = [
        _linked(number, blocks[start - 1] if start else "", blocks[start], blocks[start + 1 : end])
        for number, (start, end) in enumerate(zip(starts, ends, strict=True), 1)
    ]
    dates = [block for block in blocks[: starts[0]] if day_line(block)]
    return _parsed(items, dates[-1] if dates else "")


def _linked(number: int, before: str, heading: str, rest: Sequence[str]) -> Record | Rejection:
    found = linked_title(heading)
    assert found
    title, (arxiv_id, version) = ENUMERATED.sub("", line(found["title"])), arxiv_id_in(found["link"])
    if not title:
        return Rejection(about(number, heading), "has no title")
    votes = VOTES.match(before)
    days = [day for block in rest if (day := full_date(block))]
    return Record(
        title=title,
        abstract=_abstract_among(rest),
        arxiv_id=arxiv_id,
        arxiv_version=version,
        published_on=days[0] if days else None,
        votes=int(votes[1]) if votes and votes[1] != "-" else None,
    )


def _abstract_among(blocks: Sequence[str]) -> str:
    """Return the abstract, all its paragraphs, among what stands below a title."""
    text = [block for block in blocks if not SMALL_PRINT.match(block) and not day_line(block)]
    abstract = ""
    for block in text:
        if is_abstract(block) or (abstract and continues(abstract, block)):
            abstract = f"{abstract} {ENUMERATED.sub('', block)}".strip()
    # A very short one is a sentence at least.
    sentences = [block for block in text if block.endswith(".") and block.count(" ") > 4]
    return (abstract or next(iter(sentences), ""))[:LONGEST_ABSTRACT]


def _parsed(items: Iterable[Record | Rejection], date_line: str) -> Parsed:
    parsed, found = sift(items), day_line(date_line)
    # A day without papers has its day above nothing.
    if not parsed.records and not (found and not parsed.rejections):
        raise SourceError(NO_PAGE)
    return replace(parsed, day=full_date(date_line), month_and_day=found[:2] if found and not found[2] else None)


READER = Reader("saved-page", parse=parse)
