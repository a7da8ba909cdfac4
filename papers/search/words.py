"""What a visitor typed, as terms that every database understands. Pure: no Django."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 200  # characters of a query that are read
MOST_TERMS = 12
_TERM = re.compile(r'"([^"]*)"|(\S+)')
_WORD = re.compile(r"[^\W_]+")


def terms(text: str) -> list[str]:
    """Return the terms of a query: words, and "quoted phrases" or joined-words as words with spaces between them.

    Only letters, digits and spaces are left, so that no term can be an operator of a query language.
    """
    found = [plain(quoted or bare) for quoted, bare in _TERM.findall(text[:LONGEST])]
    return list(dict.fromkeys(term for term in found if term))[:MOST_TERMS]


def plain(text: str) -> str:
    """Return the words of a text, in lower case, without accents, one space between them."""
    bare = text
    if not text.isascii():
        bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(_WORD.findall(bare.lower()))
