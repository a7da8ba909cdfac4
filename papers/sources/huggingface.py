"""Hugging Face Daily Papers: the JSON of its API, of its pages and of archives of it.

The outer `publishedAt` of an entry is New York wall time labelled `Z`, so only the inner one is read; hours have gone
from the answers of 2026, so every time is read as a date.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

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
    count,
    day_of,
    line,
    lines,
    link,
    sift,
)

API = "https://huggingface.co/api/daily_papers"


def parse(body: bytes) -> Parsed:
    """Return the papers of one API answer: a JSON array of entries, nested as the API gives them or flat."""
    return papers_of(_entries(_json(body)))


def parse_line(body: bytes) -> Record | Rejection:
    """Return the paper on one line of an archive in JSON lines."""
    try:
        return entry_of(_json(body), 0)
    except SourceError as error:
        return Rejection(line(body[:80].decode("utf-8", "replace")), str(error))


def fetch(web: Web, request: Request) -> Iterator[bytes]:
    """Ask for each weekday of the request; its address may name another API base."""
    base = request.address or API
    for offset in range((request.until - request.since).days + 1):
        day = request.since + dt.timedelta(days=offset)
        body = web.get(f"{base}?date={day.isoformat()}&limit=100", accept="application/json")
        if body is not None:
            yield body


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
    if paper.get("withdrawnAt"):
        return Rejection(about(number, title), f"was withdrawn on {line(paper['withdrawnAt'])[:10]}")
    return _record(paper, title)


def _record(paper: dict[str, Any], title: str) -> Record:
    arxiv_id, version = arxiv_id_in(line(paper.get("id")))
    where = f"https://arxiv.org/abs/{arxiv_id}" if arxiv_id else _own_page(paper)
    return Record(
        title=title,
        abstract=line(paper.get("summary")),
        authors=_authors(paper.get("authors")),
        arxiv_id=arxiv_id,
        arxiv_version=version,
        url=where,
        pdf_url=f"https://arxiv.org/pdf/{arxiv_id}" if arxiv_id else "",
        code_url=link(paper.get("githubRepo")),
        project_url=link(paper.get("projectPage")),
        organization=_organization(paper.get("organization")),
        keywords=lines(paper.get("ai_keywords")),
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
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise SourceError(f"This is no JSON ({error}). The download may have been cut: fetch it again.") from None


def _entries(data: Any) -> list[Any]:
    for name in ("dailyPapers", "papers"):
        if isinstance(data, dict) and isinstance(data.get(name), list):
            data = data[name]
    if isinstance(data, dict) and ("title" in data or "paper" in data):
        data = [data]
    if isinstance(data, dict) and "error" in data:
        raise SourceError(f"Hugging Face answered with an error: {line(str(data['error']))[:200]}")
    if not isinstance(data, list):
        raise SourceError("This JSON is no list of papers. Is it an answer of /api/daily_papers?")
    return data


def _flat(entry: dict[str, Any]) -> dict[str, Any]:
    inner = entry.get("paper")
    return {**entry, **inner} if isinstance(inner, dict) else entry


def _authors(values: Any) -> tuple[str, ...]:
    if not isinstance(values, list):
        return ()
    shown = [value for value in values if not (isinstance(value, dict) and value.get("hidden"))]
    return lines([value.get("name") if isinstance(value, dict) else value for value in shown])


def _organization(value: Any) -> str:
    if isinstance(value, dict):
        value = value.get("fullname") or value.get("name")
    return line(value)[:200]


def _own_page(paper: dict[str, Any]) -> str:
    return link(f"https://huggingface.co/papers/{line(paper.get('id'))}") if paper.get("id") else ""


READER = Reader("huggingface", parse=parse, fetch=fetch, parse_line=parse_line)
