"""One paper by arXiv id, DOI or address: arXiv's answer, a DOI's citation data, or the meta tags of a page."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from papers.sources import arxiv_api
from papers.sources.base import (
    Answer,
    Parsed,
    Reader,
    Record,
    Request,
    SourceError,
    Web,
    arxiv_id_in,
    doi_in,
    line,
    lines,
    link,
    text_of,
)
from papers.sources.dates import day_of
from papers.sources.markup import soup_of, without_tags


def parse(body: bytes) -> Parsed:
    """Return the one paper that the answer tells of."""
    head = body.lstrip()[:1]
    if head == b"{":
        return Parsed((_citation(body),))
    if b"http://www.w3.org/2005/Atom" in body[:2000]:
        parsed = arxiv_api.parse(body)
        if not parsed.records:
            raise SourceError("arXiv knows no such paper. Is the id right?")
        return parsed
    return Parsed((_page(body),))


def fetch(web: Web, request: Request) -> Iterator[Answer]:
    """Ask whoever knows the paper named by the address: arXiv, the DOI's registry, or the page itself."""
    wanted = request.address.strip()
    arxiv_id = arxiv_id_in(wanted)[0]
    if arxiv_id and (not wanted.startswith("http") or "arxiv" in wanted or "huggingface.co/papers" in wanted):
        yield from arxiv_api.by_ids(web, [arxiv_id])
    elif doi := doi_in(wanted):
        body = web.get(f"https://doi.org/{quote(doi)}", accept="application/vnd.citationstyles.csl+json")
        yield from [Answer(body)] if body is not None else []
    elif link(wanted):
        body = web.get(wanted, accept="text/html")
        yield from [Answer(body)] if body is not None else []
    else:
        raise SourceError(f"“{line(wanted)[:80]}” is neither an arXiv id, nor a DOI, nor an address.")


def _citation(body: bytes) -> Record:
    try:
        data: dict[str, Any] = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise SourceError(f"This is no citation data: {error}.") from None
    title = data.get("title")
    title = without_tags(line(title[0] if isinstance(title, list) and title else title))
    if not title:
        raise SourceError("This citation has no title.")
    people = data.get("author")
    return Record(
        title=title,
        abstract=without_tags(line(data.get("abstract"))),
        authors=lines([_person(one) for one in people if isinstance(one, dict)]) if isinstance(people, list) else (),
        doi=doi_in(line(data.get("DOI"))),
        arxiv_id=arxiv_id_in(line(data.get("DOI")))[0] if "arxiv" in line(data.get("DOI")).lower() else "",
        url=link(data.get("URL")),
        published_on=_issued(data.get("issued")),
    )


def _person(one: dict[str, Any]) -> str:
    return line(" ".join(line(one.get(part)) for part in ("given", "family"))) or line(one.get("literal"))


def _issued(issued: Any) -> dt.date | None:
    try:
        parts = [int(part) for part in issued["date-parts"][0][:3]]
        return dt.date(*(parts + [1, 1])[:3])
    except (TypeError, KeyError, IndexError, ValueError, OverflowError):
        return None


def _page(body: bytes) -> Record:
    metas: dict[str, list[str]] = {}
    for tag in soup_of(text_of(body)).find_all("meta"):
        key = line(tag.get("name") or tag.get("property")).lower()
        if content := line(tag.get("content")):
            metas.setdefault(key, []).append(content)

    def one(*names: str) -> str:
        return next((metas[name][0] for name in names if name in metas), "")

    title = one("citation_title", "dc.title", "og:title")
    if not title:
        raise SourceError("This page does not say which paper it is about. Give its arXiv id or DOI.")
    return Record(
        title=title,
        abstract=one("citation_abstract", "dc.description", "og:description", "description"),
        authors=tuple(dict.fromkeys(metas.get("citation_author", metas.get("dc.creator", [])))),
        arxiv_id=arxiv_id_in(one("citation_arxiv_id"))[0],
        doi=doi_in(one("citation_doi", "dc.identifier")),
        url=link(one("citation_abstract_html_url", "og:url")),
        pdf_url=link(one("citation_pdf_url")),
        published_on=day_of(one("citation_date", "citation_publication_date").replace("/", "-")),
    )


READER = Reader("paper", parse=parse, fetch=fetch)
