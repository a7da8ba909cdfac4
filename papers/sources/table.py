"""An editor's own list as CSV: one paper a row, columns found by their names."""

from __future__ import annotations

import csv
import io
import re

from papers.sources.base import (
    Parsed,
    Reader,
    Record,
    Rejection,
    SourceError,
    about,
    arxiv_id_in,
    count,
    day_of,
    doi_in,
    line,
    lines,
    link,
    sift,
    text_of,
)

COLUMNS = {
    "title": ("title", "name", "paper", "paper title", "paper_title"),
    "abstract": ("abstract", "summary", "description", "abstract text"),
    "authors": ("authors", "author", "author(s)"),
    "arxiv": ("arxiv", "arxiv_id", "arxiv id", "eprint", "id"),
    "doi": ("doi",),
    "url": ("url", "link", "address"),
    "pdf": ("pdf", "pdf_url"),
    "code": ("code", "code_url", "github", "repository"),
    "project": ("project", "project_url", "homepage"),
    "keywords": ("keywords", "tags"),
    "day": ("day", "featured_on"),
    "date": ("date", "published", "published_on"),
    "votes": ("votes", "upvotes"),
}
LONGEST_FIELD = 200_000


def parse(body: bytes) -> Parsed:
    """Return one paper a row; the first row names the columns, of which `title` is the only one needed."""
    text = text_of(body)
    csv.field_size_limit(LONGEST_FIELD)
    try:
        rows = list(csv.reader(io.StringIO(text), _dialect(text)))
    except csv.Error as error:
        raise SourceError(f"This is no CSV: {error}.") from None
    heads = [line(head).lower() for head in rows[0]] if rows else []
    where = {field: heads.index(name) for field, names in COLUMNS.items() for name in names[::-1] if name in heads}
    if "title" not in where:
        raise SourceError("The first row must name the columns, and one of them must be “title”.")
    return sift(_row(number, row, where) for number, row in enumerate(rows[1:], 1) if any(cell.strip() for cell in row))


def _dialect(text: str) -> type[csv.Dialect]:
    head = text.split("\n", 1)[0]

    class Separated(csv.excel):
        delimiter = max(",;\t|", key=head.count)

    return Separated


def _row(number: int, row: list[str], where: dict[str, int]) -> Record | Rejection:
    cells = {field: line(row[index]) if index < len(row) else "" for field, index in where.items()}
    if not cells["title"]:
        return Rejection(about(number, cells.get("url", "")), "has no title")
    get = cells.get
    arxiv_id, version = arxiv_id_in(get("arxiv", ""))
    if not arxiv_id and "arxiv.org" in get("url", ""):
        arxiv_id, version = arxiv_id_in(get("url", ""))
    votes = get("votes", "")
    return Record(
        title=cells["title"],
        abstract=get("abstract", ""),
        authors=lines(re.split(r";| and |, (?=[A-Z][^,]* [A-Z])", get("authors", ""))),
        arxiv_id=arxiv_id,
        arxiv_version=version,
        doi=doi_in(get("doi", "")),
        url=link(get("url")) or (f"https://arxiv.org/abs/{arxiv_id}" if arxiv_id else ""),
        pdf_url=link(get("pdf")),
        code_url=link(get("code")),
        project_url=link(get("project")),
        keywords=lines(re.split(r"[;,]", get("keywords", ""))),
        published_on=day_of(get("date")),
        featured_on=day_of(get("day")),
        votes=count(int(votes)) if re.fullmatch(r"\d{1,9}", votes) else None,
    )


READER = Reader("csv", parse=parse)
