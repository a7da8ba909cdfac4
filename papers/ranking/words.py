"""Text as the words that count: lower case, without plurals and without the small words of English."""

from __future__ import annotations

import re

_WORD = re.compile(r"[^\W_]+")
_SMALL = frozenset(
    """a about above after again against all am an and any are as at be because been before being below between
    both but by can could did do does doing down during each few for from further had has have having he her
    here hers him his how i if in into is it its itself just me more most my no nor not now of off on once only
    or other our out over own same she should so some such than that the their them then there these they this
    those through to too toward towards under until up use used using very via was we were what when where which
    while who whom why will with you your""".split()  # noqa: SIM905
)


def words(text: str) -> list[str]:
    """Return the words of a text in order, singular, small words left out."""
    return [_singular(word) for word in _WORD.findall(text.lower()) if word not in _SMALL and len(word) > 1]


def phrase(text: str) -> str:
    """Return the words of a text with a space around each, so that `in` finds whole words only."""
    return f" {' '.join(words(text))} "


def _singular(word: str) -> str:
    if len(word) > 3 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith(("ses", "xes", "zes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word
