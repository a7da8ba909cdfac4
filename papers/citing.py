"""Papers as entries for whoever cites them: BibTeX, and RIS for programs that read no BibTeX."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from django.http import HttpResponse

from papers.models import Paper

# Braces and backslashes would break an entry; what else means something to TeX is said as a sign.
_SAID = {"^": r"\textasciicircum{}", "~": r"\textasciitilde{}"} | {sign: f"\\{sign}" for sign in "&%$#_"}
_TEX = str.maketrans({"{": "", "}": "", "\\": ""} | _SAID)
_BARE = str.maketrans("", "", "{}\\")


def bibtex(papers: Iterable[Paper]) -> str:
    """Return an entry a paper, each with a key of its own."""
    entries, taken = [], set[str]()
    for paper in papers:
        key = f"{_surname(paper)}{_year(paper)}"
        key = f"{key}-{paper.pk}" if key in taken else key
        taken.add(key)
        entries.append(_entry(key, paper))
    return "\n".join(entries)


def ris(papers: Iterable[Paper]) -> str:
    """Return a record a paper, its lines ended as that format wants it."""
    return "".join(f"{tag}  - {value}\r\n" for paper in papers for tag, value in _record(paper))


# How each form is made, what it is called in HTTP, and how its files end.
FORMS: dict[str, tuple[Callable[[Iterable[Paper]], str], str, str]] = {
    "bibtex": (bibtex, "application/x-bibtex", "bib"),
    "ris": (ris, "application/x-research-info-systems", "ris"),
}


def file_of(papers: Iterable[Paper], *, form: str, name: str) -> HttpResponse:
    """Return the papers as a file to be kept."""
    make, kind, ending = FORMS[form]
    headers = {"Content-Disposition": f'attachment; filename="{name}.{ending}"'}
    return HttpResponse(make(papers), content_type=f"{kind}; charset=utf-8", headers=headers)


def _entry(key: str, paper: Paper) -> str:
    said = {"title": paper.title, "author": " and ".join(paper.authors) or paper.organization}
    bare = {
        "year": str(_year(paper)),
        "eprint": paper.arxiv_id or "",
        "archivePrefix": "arXiv" if paper.arxiv_id else "",
        "doi": paper.doi or "",
        "url": paper.url,
    }
    fields = {name: value.translate(_TEX) for name, value in said.items()}
    fields |= {name: value.translate(_BARE) for name, value in bare.items()}
    lines = [f"  {name} = {{{value}}}" for name, value in fields.items() if value]
    return f"@misc{{{key},\n" + ",\n".join(lines) + "\n}\n"


def _record(paper: Paper) -> list[tuple[str, str]]:
    day = paper.published_on or paper.featured_on
    fields = [
        ("TI", paper.title),
        *(("AU", _last_name_first(name)) for name in paper.authors),
        ("PY", str(day.year)),
        ("DA", f"{day:%Y/%m/%d}"),
        ("AB", paper.abstract),
        ("DO", paper.doi or ""),
        ("UR", paper.url),
        ("L1", paper.pdf_url),
        ("AN", f"arXiv:{paper.arxiv_id}" if paper.arxiv_id else ""),
    ]
    # A line break in a text would begin another field. UNPB is what programs file preprints under.
    told = [(tag, " ".join(value.split())) for tag, value in fields if value]
    return [("TY", "UNPB" if paper.arxiv_id else "GEN"), *told, ("ER", "")]


def _last_name_first(name: str) -> str:
    first, _space, last = name.strip().rpartition(" ")
    return f"{last}, {first}" if first and "," not in name else name


def _surname(paper: Paper) -> str:
    words = paper.authors[0].split() if paper.authors else []
    return re.sub(r"\W", "", words[-1]).lower() if words else "paper"


def _year(paper: Paper) -> int:
    return (paper.published_on or paper.featured_on).year
