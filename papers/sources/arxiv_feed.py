"""arXiv's daily RSS and Atom feeds of categories.

A batch can be yesterday's with today's date on it, so freshness is judged by ids. `replace` announces a new version of
an old paper: it belongs to its own month, not to today.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from papers.sources import arxiv
from papers.sources.base import Answer, Parsed, Reader, Record, Rejection, Request, Web, about, arxiv_id_in, line
from papers.sources.feed import ANNOUNCED, moment_of, people, read_feed
from papers.sources.markup import children, first, texts, without_marks

FEED = "https://rss.arxiv.org/atom/"
# Until 2024 a title ended so, and the feed of a new version said UPDATED.
_TAIL = re.compile(r"\s*\(arXiv:(?P<id>\S{4,40}) \[[\w.-]{2,20}\](?P<updated> UPDATED)?\)$")


def parse(body: bytes) -> Parsed:
    """Return the announced papers, each once: one that is new in one category may be a cross-list in another."""
    parsed = read_feed(body, _item)
    once: dict[str, Record] = {}
    for record in parsed.records:
        known = once.setdefault(record.arxiv_id, record)
        if known.featured_on and record.featured_on and record.featured_on > known.featured_on:
            once[record.arxiv_id] = record
    return Parsed(tuple(once.values()), parsed.rejections, day=parsed.day)


def fetch(web: Web, request: Request) -> Iterator[Answer]:
    """Ask for the feed of the categories in the address, for example `cs.CL+cs.IR`."""
    where = request.address if request.address.startswith("http") else FEED + request.address.replace(" ", "")
    body = web.get(where, accept="application/atom+xml, application/rss+xml")
    if body is not None:
        yield Answer(body)


def _item(number: int, item: Element) -> Record | Rejection:
    title = first(item, "title")
    tail = _TAIL.search(title[-90:])
    # The link names the paper, the id also its version.
    places = [*texts(item, "id", "guid"), tail["id"] if tail else "", *_links(item), *texts(item, "identifier")]
    identifier = next((text for text in places if arxiv_id_in(text)[0]), "")
    if not identifier:
        return Rejection(about(number, title), "has no arXiv id")
    if not title:
        return Rejection(about(number, identifier), "has no title")
    summary = without_marks(first(item, "summary", "description"))
    head = ANNOUNCED.match(summary)
    kind = first(item, "announce_type") or (head and head["kind"]) or ("replace" if tail and tail["updated"] else "new")
    day = moment_of(item)
    return arxiv.record(
        identifier,
        title=title.removesuffix(tail[0]).removesuffix(".") if tail else title,
        abstract=ANNOUNCED.sub("", summary, count=1),
        authors=people(item),
        categories=arxiv.categories(_terms(item)),
        featured_on=arxiv.month_of(arxiv_id_in(identifier)[0]) if kind.lower().startswith("replace") else day,
        doi=first(item, "DOI", "doi"),
    )


def _links(item: Element) -> list[str]:
    return [line(child.get("href") or child.text) for child in children(item, "link")]


def _terms(item: Element) -> list[str]:
    return [line(child.get("term") or child.text) for child in children(item, "category")]


READER = Reader("arxiv-feed", parse=parse, fetch=fetch)
