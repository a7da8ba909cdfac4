"""How a paper is shown in a few lines."""

from __future__ import annotations

import re

from django import template
from django.utils.html import format_html
from django.utils.translation import gettext

from papers import citing
from papers.models import Paper

register = template.Library()

LEAD = 250  # characters: about three lines of the column
FIRST_AUTHORS = 2
# A full stop, question or exclamation mark, then a space and a capital; "et al. The" is the price of simplicity.
SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z(])")


@register.filter
def lead(abstract: str) -> tuple[str, str]:
    """Return an abstract as (what is shown, what is folded), cut at a sentence where one ends in time."""
    if len(abstract) <= LEAD + 60:
        return abstract, ""
    cuts = [match.start() for match in SENTENCE.finditer(abstract[: LEAD + 60])]
    cut = cuts[-1] if cuts and cuts[-1] > LEAD // 3 else abstract.rfind(" ", 0, LEAD)
    cut = cut if cut > 0 else LEAD
    return abstract[:cut].strip(), abstract[cut:].strip()


@register.filter
def byline(paper: Paper) -> str:
    """Return the first authors and how many follow, or who stands behind the paper; empty when nobody is known.

    The mark around it lets the style sheet set a dot between it and what follows, and none where nothing stands.
    """
    names = paper.authors if len(paper.authors) <= FIRST_AUTHORS + 1 else paper.authors[:FIRST_AUTHORS]
    said = ", ".join(names) or paper.organization
    if len(names) < len(paper.authors):
        said = gettext("%(names)s and %(count)d more") % {"names": said, "count": len(paper.authors) - len(names)}
    return format_html("<i>{}</i>", said) if said else ""


@register.filter
def a_day(count: int) -> int:
    """Return a count of four weeks as papers a day, at least 1."""
    return max(1, round(count / 28))


@register.filter
def a_week(count: int) -> int:
    """Return a count of four weeks as papers a week, at least 1."""
    return max(1, round(count / 4))


@register.filter
def bibtex(paper: Paper) -> str:
    """Return a paper as a BibTeX entry."""
    return citing.bibtex([paper])


@register.filter
def of(terms: dict[int, tuple], paper: Paper) -> tuple:
    """Return what a table by paper says of one."""
    return terms[paper.pk]


@register.filter
def percent(share: float) -> str:
    """Return 0..1 as a whole percentage; never 100 %, for nobody beats themselves."""
    return f"{min(round(share * 100), 99)}\u202f%"
