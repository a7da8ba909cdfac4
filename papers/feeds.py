"""The same papers for feed readers, as Atom and as JSON Feed 1.1."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.utils.feedgenerator import Atom1Feed

from papers.models import Paper

MOST = 60  # papers


@dataclass(frozen=True, slots=True)
class Feed:
    """A title, the path of the page it belongs to, its own path, and papers, newest first."""

    title: str
    home: str
    own: str
    papers: Sequence[Paper]


# What XML cannot say; a search is named in the title of its feed as it was typed, a topic as it was pasted.
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _sayable(text: str) -> str:
    return _NO_XML.sub("", text)


def _full(path: str) -> str:
    return f"{settings.SITE_URL}{path}"


def _day(paper: Paper) -> dt.datetime:
    return dt.datetime.combine(paper.featured_on, dt.time(), dt.UTC)


def atom(feed: Feed) -> HttpResponse:
    """Return the feed as Atom (RFC 4287)."""
    made = Atom1Feed(_sayable(feed.title), _full(feed.home), None, feed_url=_full(feed.own), feed_guid=_full(feed.own))
    for paper in feed.papers:
        made.add_item(
            _sayable(paper.title),
            _full(paper.get_absolute_url()),
            _sayable(paper.abstract),
            unique_id=_full(paper.get_absolute_url()),
            author_name=_sayable(", ".join(paper.authors) or paper.organization) or None,
            pubdate=_day(paper),
            updateddate=_day(paper),
            categories=[_sayable(mark.topic.name) for mark in paper.paper_topics.all()],
        )
    return HttpResponse(made.writeString("utf-8"), content_type="application/atom+xml; charset=utf-8")


def json_feed(feed: Feed) -> HttpResponse:
    """Return the feed as JSON Feed (jsonfeed.org, version 1.1)."""
    items = [
        {
            "id": _full(paper.get_absolute_url()),
            "url": _full(paper.get_absolute_url()),
            **({"external_url": paper.url} if paper.url else {}),
            "title": paper.title,
            "content_text": paper.abstract,
            "date_published": _day(paper).isoformat(),
            "authors": [{"name": name} for name in paper.authors],
            "tags": [mark.topic.name for mark in paper.paper_topics.all()],
        }
        for paper in feed.papers
    ]
    whole = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": _full(feed.home),
        "feed_url": _full(feed.own),
        "items": items,
    }
    return JsonResponse(whole, content_type="application/feed+json", json_dumps_params={"ensure_ascii": False})


FORMS: dict[str, Callable[[Feed], HttpResponse]] = {"atom": atom, "json": json_feed}
