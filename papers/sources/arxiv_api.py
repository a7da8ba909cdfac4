"""arXiv's query API: an Atom feed for a search or a list of ids.

An error is a feed too, with one entry of the title "Error" and an id under /api/errors#. Unknown ids are left out in
silence, and without `max_results` a list is cut at ten.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import urlencode
from xml.etree.ElementTree import Element

from papers.sources import arxiv
from papers.sources.base import (
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
# Slices of up to 2,000 are allowed; small ones come reliably.
PAGE, PAGES = 200, 10
IDS = 100


def parse(body: bytes) -> Parsed:
    """Return the papers of one answer; an empty answer is no error, an error in the form of a feed is one."""
    root = tree(body, "answer of the arXiv API")
    if name(root) != "feed":
        raise SourceError("This is no answer of the arXiv API: its root is no Atom feed.")
    return sift(_entry(number, entry) for number, entry in enumerate(children(root, "entry"), 1))


def fetch(web: Web, request: Request) -> Iterator[bytes]:
    """Ask for the newest papers of a search until they are older than `since`, and for the ids that are asked for."""
    if request.address:
        yield from _search(web, request)
    yield from by_ids(web, request.ids)


def by_ids(web: Web, ids: Sequence[str]) -> Iterator[bytes]:
    """Ask for papers by id, a hundred at once."""
    for start in range(0, len(ids), IDS):
        some = ids[start : start + IDS]
        body = web.get(f"{API}?{urlencode({'id_list': ','.join(some), 'max_results': len(some)})}")
        if body is not None:
            yield body


def _search(web: Web, request: Request) -> Iterator[bytes]:
    query = {"search_query": request.address, "sortBy": "submittedDate", "sortOrder": "descending", "max_results": PAGE}
    for page in range(PAGES):
        body = web.get(f"{API}?{urlencode({**query, 'start': page * PAGE})}")
        if body is None:
            return
        yield body
        parsed = parse(body)
        days = [record.published_on for record in parsed.records if record.published_on]
        # Rejections count: a page with one withdrawn paper is a full one.
        if len(parsed.records) + len(parsed.rejections) < PAGE or min(days, default=request.since) < request.since:
            return


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
