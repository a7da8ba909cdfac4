"""Any RSS or Atom feed of papers, read without regard to namespaces."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from xml.etree.ElementTree import Element

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
    arxiv_id_of,
    doi_in,
    line,
    link,
    sift,
)
from papers.sources.dates import day_of
from papers.sources.markup import children, first, name, texts, tree, without_marks, without_tags

# Before the abstracts of arXiv's own feeds.
ANNOUNCED = re.compile(r"^(?:arXiv:\S+\s+)?(?:Announce Type:\s*(?P<kind>[a-z-]+)\s*)?(?:Abstract:)?\s*", re.I)
# ada@lake.example (Ada Reed)
_MAILED = re.compile(r"\S{1,80}@\S{1,80} \(([^()]{1,100})\)")


def parse(body: bytes) -> Parsed:
    """Return the items of a feed as papers."""
    return read_feed(body, _item)


def fetch(web: Web, request: Request) -> Iterator[Answer]:
    """Ask for the feed at the address of the source."""
    body = web.get(request.address, accept="application/atom+xml, application/rss+xml, application/xml;q=0.9")
    if body is not None:
        yield Answer(body)


def read_feed(body: bytes, read: Callable[[int, Element], Record | Rejection]) -> Parsed:
    """Return what `read` makes of each item or entry, and the day that the feed names."""
    root = tree(body, "feed")
    if name(root) not in {"rss", "feed", "RDF"}:
        raise SourceError("This is no feed: it is neither RSS nor Atom. Give the address of the feed, not of the page.")
    channel = next(children(root, "channel"), root)
    items = [*children(root, "item", "entry"), *(children(channel, "item") if channel is not root else ())]
    return sift((read(number, item) for number, item in enumerate(items, 1)), day=moment_of(channel))


def moment_of(element: Element) -> dt.date | None:
    """Return the date of an item or channel, in the words of RSS or of Atom."""
    return day_of(first(element, "pubDate", "published", "issued", "date", "updated", "modified", "lastBuildDate"))


def people(element: Element) -> tuple[str, ...]:
    """Return the authors: Atom's elements, one creator each, or names joined by commas in one element."""
    named = [found for author in children(element, "author") for found in texts(author, "name")]
    told = (without_marks(text) for text in named or texts(element, "creator", "author"))
    named = [mailed[1] if (mailed := _MAILED.fullmatch(text)) else text for text in told]
    if len(named) == 1:
        # "Reed, Ada" is one person; several first and last names between commas are several.
        parts = [part.strip() for part in named[0].replace(" and ", ", ").replace(";", ",").split(",")]
        several = len(parts) > 2 or all(" " in part for part in parts)
        named = parts if several else [" ".join(reversed(parts))] if "," in named[0] else named
    return tuple(dict.fromkeys(filter(None, named)))


def _item(number: int, item: Element) -> Record | Rejection:
    title, where = without_tags(first(item, "title")), _address(item)
    if not title:
        return Rejection(about(number, where), "has no title")
    identifier = " ".join([where, *texts(item, "id", "guid", "identifier")])
    arxiv_id, version = arxiv_id_of(where, *texts(item, "id", "guid", "identifier"))
    return Record(
        title=title,
        abstract=ANNOUNCED.sub("", without_tags(first(item, "summary", "description", "encoded", "content")), count=1),
        authors=people(item),
        arxiv_id=arxiv_id,
        arxiv_version=version,
        doi=doi_in(" ".join([first(item, "doi", "DOI"), identifier])),
        url=where,
        keywords=tuple(dict.fromkeys(_categories(item))),
        published_on=moment_of(item),
    )


def _address(item: Element) -> str:
    for child in children(item, "link"):
        if child.get("rel", "alternate") == "alternate" and (where := link(child.get("href") or child.text)):
            return where
    return link(first(item, "guid", "id"))


def _categories(item: Element) -> list[str]:
    return [found for child in children(item, "category") if (found := line(child.get("term") or child.text))]


READER = Reader("feed", parse=parse, fetch=fetch)
