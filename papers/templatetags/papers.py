"""How a paper is shown in a few lines."""

from __future__ import annotations

import re

from django import template

register = template.Library()

LEAD = 300  # characters: about three lines of the column
# A full stop, question or exclamation mark, then a space and a capital; "et al. The" is the price of simplicity.
SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z(])")


@register.filter
def lead(abstract: str) -> tuple[str, str]:
    """Return an abstract as (what is shown, what is folded), cut at a sentence where one ends in time."""
    cuts = [match.start() for match in SENTENCE.finditer(abstract[: LEAD + 60])]
    if len(abstract) <= LEAD + 60:
        return abstract, ""
    cut = cuts[-1] if cuts and cuts[-1] > LEAD // 3 else abstract.rfind(" ", 0, LEAD)
    cut = cut if cut > 0 else LEAD
    return abstract[:cut].strip(), abstract[cut:].strip()


@register.filter
def first_authors(authors: list[str], count: int = 2) -> list[str]:
    """Return the first authors; all of them when only one more would be left out."""
    return authors if len(authors) <= count + 1 else authors[:count]


@register.filter
def more_authors(authors: list[str], count: int = 2) -> int:
    """Return how many authors `first_authors` leaves out."""
    return len(authors) - len(first_authors(authors, count))
