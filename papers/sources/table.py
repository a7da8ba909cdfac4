"""An editor's own list as CSV: one paper a row, columns found by their names."""

from __future__ import annotations

import csv
import io
import re
from itertools import islice

from papers.sources.base import (
    Parsed,
    Reader,
    Record,
    Rejection,
    SourceError,
    about,
    arxiv_id_as,
    arxiv_id_of,
    count,
    doi_in,
    line,
    lines,
    link,
    sift,
    text_of,
)
from papers.sources.dates import day_of

# Without regard to case and to signs between words.
COLUMNS = {
    "title": ("title", "paper title", "name", "paper", "titel"),
    "abstract": ("abstract", "summary", "abstract text", "description", "abstract note"),
    "authors": ("authors", "author", "author s", "author names", "creators"),
    "arxiv": ("arxiv", "arxiv id", "arxivid", "eprint", "paper id", "id"),
    "doi": ("doi",),
    "url": ("url", "link", "address", "paper url", "paper link", "arxiv url", "arxiv link", "abs url", "links"),
    "pdf": ("pdf", "pdf url", "pdf link"),
    "code": ("code", "code url", "github", "repository", "github url", "code link"),
    "project": ("project", "project url", "homepage", "project page", "website"),
    "keywords": ("keywords", "tags", "author keywords", "manual tags"),
    "day": ("day", "featured on"),
    "date": ("date", "published", "published on", "publication date", "published date", "year", "publication year"),
    "votes": ("votes", "upvotes", "likes"),
}
LONGEST_FIELD = 200_000
# An editor's list has hundreds; what has more is an archive, which is read as JSON lines.
MOST_ROWS = 50_000


def parse(body: bytes) -> Parsed:
    """Return one paper a row; a row at the top names the columns, of which `title` is the only one needed."""
    text = text_of(body)
    csv.field_size_limit(LONGEST_FIELD)
    try:
        rows = list(islice(csv.reader(io.StringIO(text, newline=None), _dialect(text)), MOST_ROWS + 1))
    except csv.Error as error:
        raise SourceError(f"This is no CSV: {error}.") from None
    if len(rows) > MOST_ROWS:
        raise SourceError(f"This list has more than {MOST_ROWS:,} rows. Give an archive as JSON lines.")
    # A spreadsheet may say above its columns what it is, or which sign stands between them.
    for number, row in enumerate(rows[:5], 1):
        if "title" in (where := _columns(row)):
            rest = [row for row in rows[number:] if re.search(r"\w", "".join(row))]
            return sift(_row(number, row, where) for number, row in enumerate(rest, 1))
    raise SourceError("The first row must name the columns, and one of them must be “title”.")


def _columns(row: list[str]) -> dict[str, int]:
    heads = [" ".join(re.findall(r"[a-z]+", cell[:80].lower())) for cell in row[:100]]
    return {field: heads.index(name) for field, names in COLUMNS.items() for name in names[::-1] if name in heads}


def _dialect(text: str) -> type[csv.Dialect]:
    """Return the form of the list by the sign that the first line which names a title has most of."""
    top = text[:4000].splitlines()[:5]
    head = next((text for text in top if re.search(r"titel|title|name|paper", text, re.I)), "")

    class Separated(csv.excel):
        delimiter = max(",;\t|", key=head.count)

    return Separated


def _row(number: int, row: list[str], where: dict[str, int]) -> Record | Rejection:
    cells = {field: line(row[index]) if index < len(row) else "" for field, index in where.items()}
    if not cells["title"]:
        return Rejection(about(number, cells.get("url", "")), "has no title")
    get = cells.get
    arxiv_id, version = arxiv_id_as(get("arxiv", ""))
    if not arxiv_id:
        arxiv_id, version = arxiv_id_of(get("url", ""), get("pdf", ""), get("doi", ""))
    return Record(
        title=cells["title"],
        abstract=get("abstract", ""),
        authors=_authors(get("authors", "")),
        arxiv_id=arxiv_id,
        arxiv_version=version,
        doi=doi_in(get("doi", "")),
        url=link(get("url")),
        pdf_url=link(get("pdf")),
        code_url=link(get("code")),
        project_url=link(get("project")),
        keywords=lines(re.split(r"[;,]", get("keywords", ""))),
        published_on=day_of(get("date")),
        featured_on=day_of(get("day")),
        votes=count(get("votes", "")),
    )


def _authors(text: str) -> tuple[str, ...]:
    if ";" in text:  # "Reed, Ada; Lake, Bo"
        return lines([" ".join(reversed(name.split(",", 1))) for name in text.split(";")])
    return lines(re.split(r",? and |, (?=[A-Z][^,]* [A-Z])", text))


READER = Reader("csv", parse=parse)
