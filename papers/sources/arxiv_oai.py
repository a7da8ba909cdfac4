"""arXiv by OAI-PMH: records as they were last changed, in the formats `arXiv`, `arXivRaw` and `oai_dc`."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from urllib.parse import quote, urlencode
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

BASE = "https://oaipmh.arxiv.org/oai"
_TOKEN = re.compile(rb"<resumptionToken[^>]*>([^<]+)</resumptionToken>")


def parse(body: bytes) -> Parsed:
    """Return the records of one answer; deleted ones are told as rejections, "no records" is no error."""
    root = tree(body, "OAI-PMH answer")
    if name(root) not in {"OAI-PMH", "ListRecords", "GetRecord"}:
        raise SourceError("This is no OAI-PMH answer.")
    for error in children(root, "error"):
        if error.get("code") != "noRecordsMatch":
            raise SourceError(f"arXiv answered with an error: {error.get('code')} {line(error.text)}".strip())
    verbs = [*children(root, "ListRecords", "GetRecord"), root]
    found = [record for verb in verbs for record in children(verb, "record")]
    return sift(_record(number, record) for number, record in enumerate(found, 1))


def fetch(web: Web, request: Request) -> Iterator[Answer]:
    """Ask for what changed since the last success; the address is a set such as `cs:cs:CL`.

    An answer holds up to 3,500 records, the oldest change first; its token is good until midnight, UTC.
    """
    query = _page(request.bookmark) if request.bookmark else _first_page(request)
    while query:
        body = web.get(f"{BASE}?{query}")
        if body is None:
            return
        if request.bookmark and b"badResumptionToken" in body[:2000]:
            yield from fetch(web, replace(request, bookmark=""))
            return
        token = _token_in(body)
        yield Answer(body, bookmark=token)
        query = _page(token) if token else ""


def _first_page(request: Request) -> str:
    query = {"verb": "ListRecords", "metadataPrefix": "arXiv", "from": request.since.isoformat()}
    return urlencode({**query, "set": request.address} if request.address else query)


def _page(token: str) -> str:
    return f"verb=ListRecords&resumptionToken={quote(token, safe='')}"


def _token_in(body: bytes) -> str:
    found = _TOKEN.search(body)
    return unescape(found[1].decode("utf-8", "replace").strip()) if found else ""


def _record(number: int, record: Element) -> Record | Rejection:
    header = next(children(record, "header"), record)
    identifier = first(header, "identifier")
    if header.get("status") == "deleted":
        return Rejection(about(number, identifier), "was deleted at arXiv")
    forms = [form for metadata in children(record, "metadata") for form in metadata]
    if not forms or not first(forms[0], "title"):
        return Rejection(about(number, identifier), "has no title")
    form = forms[0]
    if not arxiv_id_in(first(form, "id") or identifier)[0]:
        return Rejection(about(number, first(form, "title")), "has no arXiv id")
    if arxiv.is_withdrawn(first(form, "abstract", "description"), first(form, "comments")):
        return Rejection(about(number, first(form, "title")), "was withdrawn by its authors")
    return _dublin_core(identifier, form) if name(form) == "dc" else _arxiv(identifier, form)


def _arxiv(identifier: str, form: Element) -> Record:
    versions = list(children(form, "version"))
    version = re.sub(r"\D", "", versions[-1].get("version", "")) if versions else ""
    return arxiv.record(
        (first(form, "id") or identifier) + (f"v{version}" if version else ""),
        title=first(form, "title"),
        abstract=first(form, "abstract"),
        authors=_authors(form),
        categories=arxiv.categories(first(form, "categories").split()),
        published_on=day_of(first(form, "created")) or _first_day(versions),
        doi=first(form, "doi"),
    )


def _first_day(versions: list[Element]) -> dt.date | None:
    return day_of(first(versions[0], "date")) if versions else None


def _authors(form: Element) -> tuple[str, ...]:
    people = [author for authors in children(form, "authors") for author in children(authors, "author")]
    if people:
        return tuple(line(" ".join([first(one, "forenames"), *texts(one, "keyname", "suffix")])) for one in people)
    plain = first(form, "authors")
    for _ in range(3):  # affiliations stand in brackets, and in brackets of brackets: ((1) MIT, (2) CMU)
        plain = re.sub(r"\([^()]*\)", "", plain)
    return tuple(filter(None, map(line, re.split(r",| and ", plain))))


def _dublin_core(identifier: str, form: Element) -> Record:
    notes = [text for text in texts(form, "description") if not text.startswith("Comment:")]
    return arxiv.record(
        identifier,
        title=first(form, "title"),
        abstract=notes[0] if notes else "",
        # "Luger, Rodrigo" here, "Rodrigo Luger" everywhere else.
        authors=tuple(" ".join(reversed(creator.split(", ", 1))) for creator in texts(form, "creator")),
        published_on=day_of(first(form, "date")),
        doi=next((text for text in texts(form, "identifier") if text.startswith("doi:10.")), ""),
    )


READER = Reader("arxiv-oai", parse=parse, fetch=fetch)
