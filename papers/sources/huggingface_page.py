"""The HTML pages of Hugging Face: the JSON embedded in a day page, else the markup of its articles."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from bs4 import BeautifulSoup, Tag

from papers.sources import huggingface
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
    line,
    sift,
    text_of,
)
from papers.sources.markup import soup_of

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
    for tag in soup.select('[data-target="DailyPapers"][data-props], [data-target="PaperContent"][data-props]'):
        try:
            props = json.loads(str(tag["data-props"]))
        except (ValueError, RecursionError):
            continue  # The markup still holds titles and votes.
        if not isinstance(props, dict):
            continue
        entries = props.get("dailyPapers", [props] if isinstance(props.get("paper"), dict) else None)
        if isinstance(entries, list):  # empty on a weekend, which is no fault of the page
            parsed = huggingface.papers_of(entries)
            is_one_day = props.get("periodType", "day") == "day" and not props.get("isTrending")
            day = day_of(props.get("dateString")) if is_one_day else None
            return Parsed(parsed.records, parsed.rejections, day=day or parsed.day)
    return None


def _articles(soup: BeautifulSoup) -> Parsed | None:
    parsed = sift(_article(number, article) for number, article in enumerate(soup.find_all("article"), 1))
    return parsed if parsed.records else None


def _article(number: int, article: Tag) -> Record | Rejection | None:
    anchor = article.select_one('h1 a[href*="/papers/"], h2 a[href*="/papers/"], h3 a[href*="/papers/"]')
    if anchor is None:
        return None
    title = line(anchor.get_text(" "))
    arxiv_id, version = arxiv_id_in(str(anchor["href"]))
    if not title:
        return Rejection(about(number, arxiv_id), "has no title")
    votes = article.select_one(".leading-none")
    shown = line(votes.get_text()) if votes else ""
    paragraphs = [line(paragraph.get_text(" ")) for paragraph in article.find_all("p")]
    return Record(
        title=title,
        abstract=max(paragraphs, key=len, default=""),
        arxiv_id=arxiv_id,
        arxiv_version=version,
        url=f"https://arxiv.org/abs/{arxiv_id}" if arxiv_id else "",
        pdf_url=f"https://arxiv.org/pdf/{arxiv_id}" if arxiv_id else "",
        votes=int(shown) if re.fullmatch(r"\d{1,6}", shown) else None,
    )


def fetch(web: Web, request: Request) -> Iterator[bytes]:
    """Ask for the page at the address, or for the newest day."""
    body = web.get(request.address or "https://huggingface.co/papers", accept="text/html")
    if body is not None:
        yield body


READER = Reader("huggingface-page", parse=parse, fetch=fetch)
