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
    arxiv_id_of,
    doi_in,
    line,
    lines,
    link,
    sift,
    text_of,
)
from papers.sources.dates import MONTHS, date, day_of

# The key may be missing; it holds no sign that would make one entry of two.
_ENTRY = re.compile(r"@\s*([A-Za-z]+)\s*[{(]\s*(?:([^,{}()@=\"]{0,200}),|(?=[A-Za-z][\w-]*\s*=))")
_FIELD = re.compile(r"\s*([A-Za-z][\w-]*)\s*=\s*")
_NEXT_FIELD = re.compile(r"[,\n][ \t]*(?=[A-Za-z][\w-]{0,40}[ \t]*=)")
_BARE = re.compile(r"[^,}#\s]*")
_JOINED = re.compile(r"\s*#\s*")
_SIGN = re.compile(r'\\.|[{}"]', re.S)
_NO_PAPERS = {"comment", "preamble", "string"}


def parse(body: bytes) -> Parsed:
    """Return one paper an entry; an entry that is never closed is told, and the rest goes on behind it."""
    text = text_of(body)
    found = list(_ENTRY.finditer(text))
    starts = [entry for entry in found if entry[1].lower() not in _NO_PAPERS]
    if not starts:
        raise SourceError("This is no BibTeX: it holds no entry such as @article{key, title = {…}}.")
    short = _short_names(text, found)
    ends = [*(entry.start() for entry in starts[1:]), len(text)]
    return sift(
        _paper(number, line(entry[2]), dict(_fields(text[entry.end() : end], short)))
        for number, (entry, end) in enumerate(zip(starts, ends, strict=True), 1)
    )


def _short_names(text: str, entries: list[re.Match[str]]) -> dict[str, str]:
    """Return what @string{name = "…"} says."""
    ends = [*(entry.start() for entry in entries[1:]), len(text)]
    strings = [(entry, end) for entry, end in zip(entries, ends, strict=True) if entry[1].lower() == "string"]
    return {name: value for entry, end in strings for name, value in _fields(text[entry.end() : end], {})}


def _fields(text: str, short: dict[str, str]) -> Iterator[tuple[str, str]]:
    position = 0
    while True:
        if found := _FIELD.match(text, position):
            value, position = _values(text, found.end(), short)
            yield found[1].lower(), line(value)
        elif skipped := _NEXT_FIELD.search(text, position):
            position = skipped.start()
        else:
            return
        while position < len(text) and text[position] in " \t\r\n,":
            position += 1


def _values(text: str, start: int, short: dict[str, str]) -> tuple[str, int]:
    """Return the value that begins at `start`, its parts joined by `#`, and where it ends."""
    parts = []
    while True:
        is_bare = start < len(text) and text[start] not in '{"'
        part, end = _value(text, start)
        parts.append(short.get(part.lower(), part) if is_bare else part)
        joined = _JOINED.match(text, end)
        if not joined:
            return "".join(parts), end
        start = joined.end()


def _value(text: str, start: int) -> tuple[str, int]:
    """Return the value that begins at `start` and where it ends: {…} with inner braces, "…" or a bare word."""
    if start >= len(text) or text[start] not in '{"':
        bare = _BARE.match(text, start)
        assert bare
        return bare[0], bare.end()
    depth, opening = 0, text[start]
    for found in _SIGN.finditer(text, start):
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
    arxiv_id, version = _arxiv(fields)
    return Record(
        title=title,
        abstract=_plain(fields.get("abstract", "")),
        authors=lines([_person(name) for name in re.split(r"\s+and\s+", fields.get("author", ""))]),
        arxiv_id=arxiv_id,
        arxiv_version=version,
        doi=doi_in(fields.get("doi", "")),
        url=link(fields.get("url")),
        keywords=lines(re.split(r"[;,]", fields.get("keywords", ""))),
        published_on=_date(fields),
    )


def _arxiv(fields: dict[str, str]) -> tuple[str, int | None]:
    """Return the id and version that an entry names, in whichever of its fields."""
    get = fields.get
    # An eprint may be of another archive; the others are looked at for arXiv's own names only.
    if "arxiv" in (get("archiveprefix", "") + get("eprinttype", "") or "arxiv").lower():
        found = arxiv_id_in(get("arxivid") or get("eprint", ""))
        if found[0]:
            return found
    # {"journal": "CoRR", "volume": "abs/2403.00001"} is how DBLP names it.
    volume = f"arxiv:{get('volume', '')}" if get("volume", "").startswith("abs/") else ""
    return arxiv_id_of(*(get(name, "") for name in ("journal", "url", "doi", "howpublished", "note", "ee")), volume)


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
    if name == "others":
        return ""
    # "Reed, Jr., Ada" is Ada Reed Jr.
    parts = [part.strip() for part in name.split(",", 2)]
    return " ".join([parts[-1], *parts[:-1]]) if len(parts) > 1 else name


def _date(fields: dict[str, str]) -> dt.date | None:
    if day := day_of(fields.get("date") or fields.get("year")):
        month = fields.get("month", "").strip().lower()
        number = int(month) if month.isdecimal() and len(month) < 3 else _month_in(month)
        return day if "date" in fields else (date(day.year, number, 1) or day)
    return None


def _month_in(text: str) -> int:
    return next((number for number, name in enumerate(MONTHS, 1) if name in text), 1)


READER = Reader("bibtex", parse=parse)
