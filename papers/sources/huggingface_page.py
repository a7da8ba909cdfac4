"""The HTML pages of Hugging Face: the JSON embedded in a day page, else the markup of its articles."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

from bs4 import BeautifulSoup, Tag

from papers.sources import huggingface
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
    count,
    line,
    sift,
    text_of,
)
from papers.sources.dates import day_of
from papers.sources.markup import soup_of

# Of an article, which has some eight and three: tags within tags within tags are looked at once.
MOST_LINKS, MOST_PARAGRAPHS = 40, 10
_PAPER_LINK = re.compile("/papers/")
_HEADINGS = ["h1", "h2", "h3", "h4"]
_TARGETS = ("DailyPapers", "PaperContent")
NO_PAGE = "This is no Daily Papers page: it holds neither embedded papers nor articles that link to /papers/…."


def parse(body: bytes) -> Parsed:
    """Return the papers of a day, week, month, trending or search page."""
    parsed = papers_of(soup_of(text_of(body)))
    if parsed is None:
        raise SourceError(NO_PAGE)
    return parsed


def papers_of(soup: BeautifulSoup) -> Parsed | None:
    """Return what the page holds, or `None` when it is no page of papers."""
    embedded = _embedded(soup)
    return embedded if embedded and embedded.records else _articles(soup) or embedded


def _embedded(soup: BeautifulSoup) -> Parsed | None:
    """Return the papers of the first JSON in the page that holds some; a page of a weekend holds an empty list."""
    found: Parsed | None = None
    for props in _props(soup):
        entries = _entries(props)
        if entries is None:
            continue
        parsed = huggingface.papers_of(entries)
        is_one_day = props.get("periodType", "day") == "day" and not props.get("isTrending")
        day = day_of(props.get("dateString")) if is_one_day else None
        found = found if found and not parsed.records else replace(parsed, day=day or parsed.day)
        if found.records:
            return found
    return found


def _props(soup: BeautifulSoup) -> Iterator[dict[str, Any]]:
    """Yield the objects that the page keeps for its scripts, the one with the papers first."""
    tags = soup.select("[data-props]")
    tags.sort(key=lambda tag: tag.get("data-target") not in _TARGETS)
    texts = [str(tag["data-props"]) for tag in tags]
    texts += [tag.get_text() for tag in soup.select('script[type="application/json"]')]
    for text in texts:
        try:
            props = json.loads(text)
        except (ValueError, RecursionError):
            continue  # The markup still holds titles and votes.
        if isinstance(props, dict):
            yield props


def _entries(props: dict[str, Any]) -> list[Any] | None:
    if isinstance(props.get("dailyPapers"), list):
        return list(props["dailyPapers"])
    if isinstance(props.get("paper"), dict) and props["paper"].get("title"):
        return [props]
    lists = (value for value in props.values() if isinstance(value, list))
    return next((entries for entries in lists if entries and all(map(_is_entry, entries))), None)


def _is_entry(entry: Any) -> bool:
    paper = entry.get("paper") if isinstance(entry, dict) else None
    return isinstance(paper, dict) and isinstance(paper.get("title"), str)


def _articles(soup: BeautifulSoup) -> Parsed | None:
    parsed = sift(_article(number, article) for number, article in enumerate(soup.find_all("article"), 1))
    return parsed if parsed.records else None


def _article(number: int, article: Tag) -> Record | Rejection | None:
    if article.find("article"):
        return None  # the inner ones are read
    # By find_all: select walks up to the root of the page each time.
    anchors = article.find_all("a", href=_PAPER_LINK, limit=MOST_LINKS)
    if not anchors:
        return None
    headings = [anchor for anchor in anchors if anchor.find(_HEADINGS) or _is_in_heading(anchor)]
    anchor = next((anchor for anchor in [*headings, *anchors] if line(anchor.get_text(" "))), None)
    title = line(anchor.get_text(" ")) if anchor else ""
    arxiv_id, version = arxiv_id_in(str((anchor or anchors[0])["href"]))
    if not title or title.isdigit():  # the number of votes or comments links to the paper too
        return Rejection(about(number, arxiv_id), "has no title")
    votes = article.find(class_="leading-none")
    paragraphs = [line(paragraph.get_text(" ")) for paragraph in article.find_all("p", limit=MOST_PARAGRAPHS)]
    return Record(
        title=title,
        abstract=max(paragraphs, key=len, default=""),
        arxiv_id=arxiv_id,
        arxiv_version=version,
        votes=count(line(votes.get_text())) if votes else None,
    )


def _is_in_heading(anchor: Tag) -> bool:
    return any(parent.name in _HEADINGS for parent in islice(anchor.parents, 4))


def fetch(web: Web, request: Request) -> Iterator[Answer]:
    """Ask for the page at the address, or for the newest day."""
    body = web.get(request.address or "https://huggingface.co/papers", accept="text/html")
    if body is not None:
        yield Answer(body)


READER = Reader("huggingface-page", parse=parse, fetch=fetch)
