"""Any RSS or Atom feed of papers, read without regard to namespaces."""

from __future__ import annotations

import datetime as dt
import email.utils
from collections.abc import Callable, Iterator
from xml.etree.ElementTree import Element

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
    day_of,
    doi_in,
    line,
    link,
    sift,
)
from papers.sources.markup import children, first, name, texts, tree, without_tags


def parse(body: bytes) -> Parsed:
    """Return the items of a feed as papers."""
    return read_feed(body, _item)


def fetch(web: Web, request: Request) -> Iterator[bytes]:
    """Ask for the feed at the address of the source."""
    body = web.get(request.address, accept="application/atom+xml, application/rss+xml, application/xml;q=0.9")
    if body is not None:
        yield body


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
    written = first(element, "pubDate", "published", "date", "updated", "lastBuildDate")
    if day := day_of(written):
        return day
    try:
        return email.utils.parsedate_to_datetime(written).date() if written else None
    except (ValueError, TypeError, IndexError):
        return None


def people(element: Element) -> tuple[str, ...]:
    """Return the authors: Atom's elements, one creator each, or names joined by commas in one element."""
    named = [found for author in children(element, "author") for found in texts(author, "name")]
    named = named or texts(element, "creator", "author")
    if len(named) == 1:
        # "Reed, Ada" is one person; several first and last names between commas are several.
        parts = [part.strip() for part in named[0].replace(" and ", ", ").replace(";", ",").split(",")]
        named = parts if len(parts) > 2 or all(" " in part for part in parts) else named
    return tuple(dict.fromkeys(filter(None, named)))


def _item(number: int, item: Element) -> Record | Rejection:
    title, where = without_tags(first(item, "title")), _address(item)
    if not title:
        return Rejection(about(number, where), "has no title")
    identifier = " ".join([where, *texts(item, "id", "guid", "identifier")])
    is_arxiv = "arxiv" in identifier.lower()
    arxiv_id, version = arxiv_id_in(identifier) if is_arxiv else ("", None)
    return Record(
        title=title,
        abstract=without_tags(first(item, "summary", "description", "encoded", "content")),
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
