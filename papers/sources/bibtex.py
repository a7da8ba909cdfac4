"""An editor's own list as BibTeX."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

from papers.sources.base import (
    Parsed,
    Reader,
    Record,
    Rejection,
    SourceError,
    about,
    arxiv_id_in,
    doi_in,
    line,
    lines,
    link,
    sift,
    text_of,
)

_ENTRY = re.compile(r"@\s*([A-Za-z]+)\s*[{(]\s*([^,\s{}]*)\s*,")
_FIELD = re.compile(r"\s*([A-Za-z][\w-]*)\s*=\s*")
_NO_PAPERS = {"comment", "preamble", "string"}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def parse(body: bytes) -> Parsed:
    """Return one paper an entry; an entry that is never closed is told, and the rest goes on behind it."""
    text = text_of(body)
    starts = [found for found in _ENTRY.finditer(text) if found[1].lower() not in _NO_PAPERS]
    if not starts:
        raise SourceError("This is no BibTeX: it holds no entry such as @article{key, title = {…}}.")
    ends = [*(found.start() for found in starts[1:]), len(text)]
    return sift(
        _paper(number, found[2], dict(_fields(text[found.end() : end])))
        for number, (found, end) in enumerate(zip(starts, ends, strict=True), 1)
    )


def _fields(text: str) -> Iterator[tuple[str, str]]:
    position = 0
    while found := _FIELD.match(text, position):
        value, position = _value(text, found.end())
        yield found[1].lower(), line(value)
        while position < len(text) and text[position] in " \t\r\n,":
            position += 1


def _value(text: str, start: int) -> tuple[str, int]:
    """Return the value that begins at `start` and where it ends: {…} with inner braces, "…" or a bare word."""
    if start >= len(text) or text[start] not in '{"':
        bare = re.compile(r"[^,}\s]*").match(text, start)
        assert bare
        return bare[0], bare.end()
    depth, opening = 0, text[start]
    for found in re.compile(r'\\.|[{}"]', re.S).finditer(text, start):
        sign = found[0]
        depth += (sign == "{") - (sign == "}")
        is_end = depth == 0 and (sign == "}" if opening == "{" else sign == '"' and found.start() > start)
        if is_end:
            return text[start + 1 : found.start()], found.end()
    return text[start + 1 :], len(text)


def _paper(number: int, key: str, fields: dict[str, str]) -> Record | Rejection:
    title = _plain(fields.get("title", ""))
    if not title:
        return Rejection(about(number, key), "has no title")
    # An eprint may be of another archive; DOI and address are looked at for arXiv's own names only.
    is_arxiv = "arxiv" in (fields.get("archiveprefix", "") + fields.get("eprinttype", "arxiv")).lower()
    places = [fields.get("eprint", "")] if is_arxiv else []
    places += [value for value in (fields.get("journal", ""), fields.get("url", ""), fields.get("doi", "")) if value]
    places = [place for place in places if place == fields.get("eprint") or "arxiv" in place.lower()]
    arxiv_id, version = next((found for found in map(arxiv_id_in, places) if found[0]), ("", None))
    return Record(
        title=title,
        abstract=_plain(fields.get("abstract", "")),
        authors=lines([_person(name) for name in re.split(r"\s+and\s+", fields.get("author", ""))]),
        arxiv_id=arxiv_id,
        arxiv_version=version,
        doi=doi_in(fields.get("doi", "")),
        url=link(fields.get("url")) or (f"https://arxiv.org/abs/{arxiv_id}" if arxiv_id else ""),
        pdf_url=f"https://arxiv.org/pdf/{arxiv_id}" if arxiv_id else "",
        keywords=lines(re.split(r"[;,]", fields.get("keywords", ""))),
        published_on=_date(fields),
    )


def _plain(value: str) -> str:
    """Return a value without the braces that keep capitals; TeX itself is the cleaner's work."""
    return line(re.sub(r"(?<![\\\w^_])\{([^{}\\]*)\}", r"\1", _bare(value.strip())))


def _bare(value: str) -> str:
    """Return a value without a second pair of braces around all of it."""
    depth = 0
    for place, sign in enumerate(value):
        depth += (sign == "{") - (sign == "}")
        if depth == 0:
            return value[1:-1] if sign == "}" and place == len(value) - 1 else value
    return value


def _person(name: str) -> str:
    name = _plain(name)
    return " ".join(reversed([part.strip() for part in name.split(",", 1)])) if "," in name else name


def _date(fields: dict[str, str]) -> dt.date | None:
    year = re.match(r"\d{4}", fields.get("year", "") or fields.get("date", ""))
    if not year or not 1000 <= int(year[0]) <= 9998:
        return None
    month = fields.get("month", "").lower()[:3]
    return dt.date(int(year[0]), _MONTHS.index(month) + 1 if month in _MONTHS else 1, 1)


READER = Reader("bibtex", parse=parse)
