"""What every form of arXiv's metadata shares."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from papers.sources.base import Record, arxiv_id_in, doi_in, line

# 155 active categories share these archives; ACM and MSC classes ("I.2.6", "68T50") stand beside them in the answers.
_CATEGORY = re.compile(
    r"(?:astro-ph|cond-mat|cs|econ|eess|gr-qc|hep-(?:ex|lat|ph|th)|math|math-ph|nlin|nucl-(?:ex|th)|physics|q-bio|q-fin"
    r"|quant-ph|stat)(?:\.[A-Za-z-]{2,})?"
)
ALIASES = {"math.MP": "math-ph", "stat.TH": "math.ST", "math.IT": "cs.IT", "math.NA": "cs.NA", "eess.SY": "cs.SY"}


def categories(names: list[str]) -> tuple[str, ...]:
    """Return the arXiv categories among `names`, aliases folded, the primary one first."""
    return tuple(dict.fromkeys(ALIASES.get(name, name) for name in names if _CATEGORY.fullmatch(name)))


_WITHDRAWN = re.compile(
    r"(?:this|the) (?:\w+ ){0,2}(?:paper|article|manuscript|submission|work|preprint|version|draft) "
    r"(?:has been|was|is) (?:now )?withdrawn\b|(?:paper |article )?withdrawn(?:$|[.,;:]| by| due| because)",
    re.I,
)


def is_withdrawn(*notes: str) -> bool:
    """Tell whether an abstract or a comment begins with saying that the paper was withdrawn."""
    return any(_WITHDRAWN.match(note) for note in notes)


def record(identifier: str, *, title: str, **facts: Any) -> Record:
    """Return a record of the arXiv paper that `identifier` names."""
    arxiv_id, version = arxiv_id_in(identifier)
    return Record(
        title=line(title),
        arxiv_id=arxiv_id,
        arxiv_version=version,
        doi=doi_in(facts.pop("doi", "")),
        **facts,
    )


def month_of(arxiv_id: str) -> dt.date | None:
    """Return the first of the month in which arXiv gave the id: 2203.01250 is of March 2022."""
    found = re.search(r"(?:^|/)(\d\d)(\d\d)", arxiv_id)
    if not found or not 1 <= int(found[2]) <= 12:
        return None
    year = int(found[1])
    return dt.date(1900 + year if year > 90 else 2000 + year, int(found[2]), 1)
