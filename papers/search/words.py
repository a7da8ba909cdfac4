"""What a visitor typed, as terms that every database understands. Pure: no Django."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

LONGEST = 200  # characters of a query that are read
MOST_TERMS = 12
_TERM = re.compile(r'"([^"]*)"|(\S+)')
_WORD = re.compile(r"[^\W_]+")


def terms(text: str) -> list[str]:
    """Return the terms of a query: words, and "quoted phrases" or joined-words as words with spaces between them.

    Only letters, digits and spaces are left, so that no term can be an operator of a query language.
    """
    found = [lower(quoted or bare) for quoted, bare in _TERM.findall(text[:LONGEST])]
    return list(dict.fromkeys(term for term in found if term))[:MOST_TERMS]


def lower(text: str) -> str:
    """Return the words of a text in lower case, one space between them. Accents stay: SQLite takes those of Latin
    letters away from a query as from a paper, and leaves й and 한 as they are."""
    return " ".join(_WORD.findall(text.lower() if text.isascii() else _without_marks("NFKC", text.lower())))


def plain(text: str) -> str:
    """Return the words of a text, in lower case, without accents, one space between them."""
    return " ".join(_WORD.findall((text if text.isascii() else _without_marks("NFKD", text)).lower()))


def _without_marks(form: Literal["NFKC", "NFKD"], text: str) -> str:
    """Return the text in a form of Unicode without the accents that have no letter of their own in it."""
    return "".join(c for c in unicodedata.normalize(form, text) if not unicodedata.combining(c))
