"""By what a work is known again when it has no id."""

from __future__ import annotations

import hashlib
import re
import unicodedata

_NO_LETTERS = re.compile(r"[\W_]+")


def title_key(title: str) -> str:
    """Return the hash under which a title is found again: letters and digits only, case and accents folded."""
    folded = unicodedata.normalize("NFKD", title.casefold())
    bare = _NO_LETTERS.sub("", folded) or title.strip()
    return hashlib.sha256(bare.encode()).hexdigest()


# From the beginning of a word only: within a long one each letter would be tried.
_SURNAME = re.compile(r"(?<![^\W\d_])[^\W\d_]+$")


def surnames(authors: list[str] | tuple[str, ...]) -> set[str]:
    """Return the folded last words of the names, enough to tell whether two lists speak of the same people."""
    folded = (unicodedata.normalize("NFKD", name.casefold()) for name in authors)
    plain = ("".join(c for c in name if not unicodedata.combining(c)) for name in folded)
    return {found[0] for name in plain if (found := _SURNAME.search(name.strip(" .")))}
