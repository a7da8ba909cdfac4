"""Hugging Face Daily Papers: the JSON of its API, of its pages and of archives of it.

The outer `publishedAt` of an entry is New York wall time labelled `Z`, so only the inner one is read; hours have gone
from the answers of 2026, so every time is read as a date.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

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
    arxiv_id_as,
    arxiv_id_of,
    count,
    line,
    lines,
    link,
    refuse_page,
    sift,
)
from papers.sources.dates import day_of

API = "https://huggingface.co/api/daily_papers"
PAGE, PAGES = 100, 15
# What is trending has no end, and an address that says how much it wants gets that.
_MAY_BE_LONG = re.compile(r"^(?!.*[?&](?:limit|p)=).*[?&](?:date|week|month)=")

# Archives made by others name the fields in their own way; the API's own name stands first.
NAMES = {
    "id": ("id", "arxiv_id", "arxivId", "paper_id", "paperId", "arxiv"),
    "title": ("title", "paper_title", "name"),
    "summary": ("summary", "abstract", "description"),
    "authors": ("authors", "author", "author_names"),
    "publishedAt": ("publishedAt", "published_at", "published", "published_date", "publishedDate"),
    "submittedOnDailyAt": ("submittedOnDailyAt", "submitted_on_daily_at", "featured_on", "submittedAt", "day", "date"),
    "upvotes": ("upvotes", "num_upvotes", "upvote_count", "upvoteCount", "votes", "likes"),
    "numComments": ("numComments", "num_comments", "comments"),
    "githubRepo": ("githubRepo", "github_repo", "github_url", "github", "code_url", "code"),
    "githubStars": ("githubStars", "github_stars", "stars"),
    "projectPage": ("projectPage", "project_page", "project_url", "project"),
    "ai_keywords": ("ai_keywords", "aiKeywords", "keywords", "tags"),
    "organization": ("organization", "organisation", "affiliation"),
    "withdrawnAt": ("withdrawnAt", "withdrawn_at"),
}
_OTHER_NAMES = frozenset(name for names in NAMES.values() for name in names[1:])
_LISTS = ("dailyPapers", "papers", "data", "results", "items", "entries", "rows")


def parse(body: bytes) -> Parsed:
    """Return the papers of one API answer: a JSON array of entries, nested as the API gives them or flat."""
    try:
        data = _json(body)
    except SourceError:
        lines_of_json = body.strip().splitlines()
        if len(lines_of_json) < 2 or not isinstance(parse_line(lines_of_json[0]), Record):
            raise
        return sift(parse_line(text) for text in lines_of_json if text.strip())
    return papers_of(_entries(data))


def parse_line(body: bytes) -> Record | Rejection:
    """Return the paper on one line of an archive in JSON lines."""
    try:
        return entry_of(_json(body), 0)
    except SourceError as error:
        return Rejection(line(body[:80].decode("utf-8", "replace")), str(error))


def fetch(web: Web, request: Request) -> Iterator[Answer]:
    """Ask for each day of the request; its address may name another API base, or a question such as ?sort=trending."""
    base = request.address or API
    if "?" in base:
        address = base if base.startswith("http") else f"{API}{base}"
        yield from map(Answer, _pages(web, address) if _MAY_BE_LONG.search(address) else _page(web, address))
        return
    day = dt.date.fromisoformat(request.bookmark) if request.bookmark else request.since
    while day <= request.until:
        bodies = list(_pages(web, f"{base}?date={day.isoformat()}"))
        day += dt.timedelta(days=1)
        onward = day.isoformat() if day <= request.until else ""
        yield from (Answer(body, bookmark=onward if body is bodies[-1] else "") for body in bodies)


def _pages(web: Web, address: str) -> Iterator[bytes]:
    """Ask for page after page until one is not full: a month holds hundreds, an answer without `limit` fifty."""
    for page in range(PAGES):
        bodies = _page(web, f"{address}&limit={PAGE}" + (f"&p={page}" if page else ""))
        yield from bodies
        if sum(len(parsed.records) + len(parsed.rejections) for parsed in map(parse, bodies)) < PAGE:
            return


def _page(web: Web, address: str) -> list[bytes]:
    body = web.get(address, accept="application/json")
    return [] if body is None else [body]


def papers_of(entries: list[Any]) -> Parsed:
    """Return records and rejections of a list of entries, and their day when it is one."""
    if entries and not any(isinstance(entry, dict) and "title" in _flat(entry) for entry in entries):
        raise SourceError("This JSON is no list of papers: no entry has a title. Is it an answer of /api/daily_papers?")
    parsed = sift(entry_of(entry, number) for number, entry in enumerate(entries, 1))
    days = {record.featured_on for record in parsed.records}
    return replace(parsed, day=days.pop() if len(days) == 1 else None)


def entry_of(entry: Any, number: int) -> Record | Rejection:
    """Return one entry as a record, or why it is none."""
    if not isinstance(entry, dict):
        return Rejection(about(number, str(entry)[:80]), "is no entry of a paper")
    paper = _flat(entry)
    title = line(paper.get("title"))
    if not title:
        return Rejection(about(number, line(paper.get("id"))), "has no title")
    if withdrawn := paper.get("withdrawnAt"):
        return Rejection(about(number, title), f"was withdrawn on {day_of(withdrawn) or 'an unknown day'}")
    return _record(paper, title)


def _record(paper: dict[str, Any], title: str) -> Record:
    arxiv_id, version = arxiv_id_as(paper.get("id"))
    if not arxiv_id:
        arxiv_id, version = arxiv_id_of(*(line(paper.get(name)) for name in ("url", "link", "pdf_url", "doi")))
    return Record(
        title=title,
        abstract=line(paper.get("summary")),
        authors=_authors(paper.get("authors")),
        arxiv_id=arxiv_id,
        arxiv_version=version,
        url="" if arxiv_id else _own_page(paper),
        code_url=link(paper.get("githubRepo")),
        project_url=link(paper.get("projectPage")),
        organization=_organization(paper.get("organization")),
        keywords=_keywords(paper.get("ai_keywords")),
        published_on=day_of(paper.get("publishedAt")),
        featured_on=day_of(paper.get("submittedOnDailyAt")),
        votes=count(paper.get("upvotes")),
        comments=count(paper.get("numComments")),
        stars=count(paper.get("githubStars")),
    )


def _json(body: bytes) -> Any:
    if not body.strip():
        raise SourceError("The file is empty. Fetch it again and try once more.")
    try:
        # Strict JSON has no line breaks within its texts; what other programs write has.
        return json.loads(body, strict=False)
    except UnicodeDecodeError:
        return _json(body.decode("utf-8", "replace").encode())
    except (ValueError, RecursionError) as error:
        refuse_page(body, "JSON")
        raise SourceError(f"This is no JSON ({error}). The download may have been cut: fetch it again.") from None


def _entries(data: Any) -> list[Any]:
    """Return the entries of a list, of an object that holds one, or of one list a day."""
    if isinstance(data, dict):
        told, data = data.get("error"), _inside(data)
        if told and not data:
            raise SourceError(f"Hugging Face answered with an error: {line(str(told))[:200]}")
    if not isinstance(data, list):
        raise SourceError("This JSON is no list of papers. Is it an answer of /api/daily_papers?")
    return [entry for one in data for entry in (_of_a_day(one) if isinstance(one, dict) else [one])]


def _inside(data: dict[str, Any]) -> Any:
    if isinstance(data.get("paper"), dict) or "title" in data and "papers" not in data:
        return [data]
    if any(isinstance(data.get(name), list) for name in _LISTS):
        return [data]
    # {"2507.00001": {…}} by id, {"2025-07-29": […]} by day
    if data and all(isinstance(value, list) for value in data.values()):
        return [{"date": name, "papers": values} for name, values in data.items()]
    if data and all(isinstance(value, dict) for value in data.values()):
        return [{"id": name, **value} for name, value in data.items()]
    return None


def _of_a_day(entry: dict[str, Any]) -> list[Any]:
    """Return the papers within the entry with its day, else the entry itself."""
    inner = next((entry[name] for name in _LISTS if isinstance(entry.get(name), list)), None)
    if inner is None or "paper" in entry or "title" in entry:
        return [entry]
    day = entry.get("date") or entry.get("day") or entry.get("dateString")
    return [{**one, "day": one.get("day") or day} if day and isinstance(one, dict) else one for one in inner]


def _flat(entry: dict[str, Any]) -> dict[str, Any]:
    """Return the entry with its inner paper unfolded, under the names that the API has."""
    inner = entry.get("paper")
    if isinstance(inner, dict):
        # An empty field inside does not hide the one outside; the outer `publishedAt` is never a better one.
        told = {name: value for name, value in inner.items() if value not in (None, "") or name not in entry}
        entry = {**entry, **told}
        if inner.keys() & NAMES["publishedAt"] == set():
            entry.pop("publishedAt", None)
    if entry.keys().isdisjoint(_OTHER_NAMES):
        return entry
    known = {
        name: next((entry[own] for own in names if entry.get(own) not in (None, "")), None)
        for name, names in NAMES.items()
    }
    return {**entry, **{name: value for name, value in known.items() if value is not None}}


def _authors(values: Any) -> tuple[str, ...]:
    if isinstance(values, str):
        return lines(re.split(r"; *|, *(?:and )?| and ", values))
    if not isinstance(values, list):
        return ()
    shown = [value for value in values if not (isinstance(value, dict) and value.get("hidden"))]
    return lines([_name(value) if isinstance(value, dict) else value for value in shown])


def _name(person: dict[str, Any]) -> str:
    user = person.get("user")
    whole = line(person.get("name")) or line(person.get("fullname"))
    parts = " ".join(line(person.get(part)) for part in ("first_name", "last_name")).strip()
    return whole or parts or (line(user.get("fullname")) if isinstance(user, dict) else "")


def _keywords(values: Any) -> tuple[str, ...]:
    return lines(re.split(r"[;,]", values) if isinstance(values, str) else values)


def _organization(value: Any) -> str:
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        value = value.get("fullname") or value.get("name")
    return line(value)[:200]


def _own_page(paper: dict[str, Any]) -> str:
    return link(f"https://huggingface.co/papers/{line(paper.get('id'))}") if paper.get("id") else ""


READER = Reader("huggingface", parse=parse, fetch=fetch, parse_line=parse_line)
