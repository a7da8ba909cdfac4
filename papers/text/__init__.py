"""Titles and abstracts as people read them: LaTeX to Unicode where it looks like maths, prices and code untouched.

Hugging Face strips `$` and most backslashes, so its "32times" and "G_{stack}" are maths as well; arXiv keeps both.
"""

import re

from papers.text.addresses import addresses
from papers.text.keys import surnames, title_key
from papers.text.markup import linked, unmarked
from papers.text.prose import printed
from papers.text.tex import untex

__all__ = ["clean", "linked", "surnames", "title_key"]

# Three texts in four hold none of these and are done after a look that costs microseconds: plain words are found a
# hundred times as fast as patterns, and each pattern begins with fixed letters, to which the engine jumps by itself.
_WORDS = (*"\\$`~{}^_", "--", "''", "arrow", "geq", "leq")
_CLUES = [
    re.compile(clue)
    for clue in (
        *(r"times(?:(?<=[\d°]times)| ?\d)", r"sim ?\d", r"approx ?\d", r"ge ?\d", r"le ?\d", r"pm ?\d"),
        *(r"\.[A-Z]", r"- [a-z]", r"\((?<=[a-z]\()[A-Z]", r"&[a-z#]", r"<[/a-z]"),
    )
]
_ADDRESS = re.compile(r"(https?://[^\s<>\"`{}]+)")


def clean(text: str) -> str:
    """Return `text` as one line of readable Unicode; addresses are left as they are.

    >>> clean("We pay $5 and $10 for 32times   more of \\\\textbf{it} at 0.5\\\\%")
    'We pay $5 and $10 for 32× more of it at 0.5%'
    """
    if "  " in text or not text.isprintable() or text[:1] == " " or text[-1:] == " ":
        text = " ".join(text.split())
    if not _has_clue(text):
        return text
    # Every second part is an address.
    parts = _ADDRESS.split(addresses(unmarked(text)))
    parts[::2] = [printed(untex(part)) for part in parts[::2]]
    return " ".join("".join(parts).split())


def _has_clue(text: str) -> bool:
    for word in _WORDS:
        if word in text:
            return True
    return any(clue.search(text) for clue in _CLUES)
