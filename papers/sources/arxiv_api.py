"""arXiv's query API: an Atom feed for a search or a list of ids.

An error is a feed too, with one entry of the title "Error" and an id under /api/errors#. Unknown ids are left out in
silence, and without `max_results` a list is cut at ten.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from urllib.parse import urlencode
from xml.etree.ElementTree import Element

from papers.sources import arxiv
from papers.sources.base import (
    Answer,
    Parsed,
    Reader,
    Record,
    Rejection,
    Request,
    SourceError,
    Web,
    about,
    arxiv_id_in,
    line,
    sift,
)
from papers.sources.dates import day_of
from papers.sources.markup import children, first, name, texts, tree

API = "https://export.arxiv.org/api/query"
# Slices of up to 2,000 are allowed; small ones come reliably. Behind 30,000 nothing is answered.
PAGE, LAST = 200, 30_000
IDS = 100


def parse(body: bytes) -> Parsed:
    """Return the papers of one answer; an empty answer is no error, an error in the form of a feed is one."""
    root = tree(body, "answer of the arXiv API")
    if name(root) != "feed":
        raise SourceError("This is no answer of the arXiv API: its root is no Atom feed.")
    return sift(_entry(number, entry) for number, entry in enumerate(children(root, "entry"), 1))


def fetch(web: Web, request: Request) -> Iterator[Answer]:
    """Ask for the newest papers of a search until they are older than `since`, and for the ids that are asked for."""
    if request.address:
        yield from _search(web, request)
    yield from by_ids(web, request.ids)


def by_ids(web: Web, ids: Sequence[str]) -> Iterator[Answer]:
    """Ask for papers by id, a hundred at once."""
    for start in range(0, len(ids), IDS):
        some = ids[start : start + IDS]
        body = web.get(f"{API}?{urlencode({'id_list': ','.join(some), 'max_results': len(some)})}")
        if body is not None:
            yield Answer(body)


def _search(web: Web, request: Request) -> Iterator[Answer]:
    query = {"search_query": request.address, "sortBy": "submittedDate", "sortOrder": "descending", "max_results": PAGE}
    for start in range(int(request.bookmark or 0), LAST, PAGE):
        body = web.get(f"{API}?{urlencode({**query, 'start': start})}")
        if body is None:
            return
        is_last = _is_last(parse(body), request.since)
        yield Answer(body, bookmark="" if is_last else str(start + PAGE))
        if is_last:
            return


def _is_last(parsed: Parsed, since: dt.date) -> bool:
    """Tell whether a page is not full (with a withdrawn paper it is), or goes back behind `since`."""
    days = [record.published_on for record in parsed.records if record.published_on]
    return len(parsed.records) + len(parsed.rejections) < PAGE or min(days, default=since) < since


def _entry(number: int, entry: Element) -> Record | Rejection:
    identifier, title = first(entry, "id"), first(entry, "title")
    if "/api/errors" in identifier:
        raise SourceError(f"arXiv answered with an error: {first(entry, 'summary') or identifier}")
    if not arxiv_id_in(identifier)[0]:
        return Rejection(about(number, title or identifier), "has no arXiv id")
    if not title:
        return Rejection(about(number, identifier), "has no title")
    if arxiv.is_withdrawn(first(entry, "summary"), first(entry, "comment")):
        return Rejection(about(number, title), "was withdrawn by its authors")
    terms = [*_terms(entry, "primary_category"), *_terms(entry, "category")]
    return arxiv.record(
        identifier.rpartition("/abs/")[2],
        title=title,
        abstract=first(entry, "summary"),
        authors=tuple(found for author in children(entry, "author") for found in texts(author, "name")[:1]),
        categories=arxiv.categories(terms),
        published_on=day_of(first(entry, "published")),
        doi=first(entry, "doi"),
    )


def _terms(entry: Element, tag: str) -> list[str]:
    return [line(child.get("term", "")) for child in children(entry, tag)]


READER = Reader("arxiv-api", parse=parse, fetch=fetch)
