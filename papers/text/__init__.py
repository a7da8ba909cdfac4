"""Titles and abstracts as people read them: LaTeX to Unicode where it looks like maths, prices and code untouched.

Hugging Face strips `$` and most backslashes, so its "32times" and "G_{stack}" are maths as well; arXiv keeps both.
"""

import re

from papers.text.addresses import addresses
from papers.text.keys import surnames, title_key
from papers.text.markup import linked
from papers.text.prose import printed
from papers.text.tex import untex

__all__ = ["clean", "linked", "surnames", "title_key"]

# Nine texts in ten hold none of these and are done after a look that costs microseconds: each clue begins with
# fixed letters, which the regular expression engine finds by itself at once.
_SIGNS = re.compile(r"[\\$`~{}^_]")
_CLUES = [
    re.compile(clue)
    for clue in (
        *(r"--", r"''", r"times(?<=[\d°]times)", r"times ?\d", r"arrow", r"sim ?\d", r"approx ?\d"),
        *(r"ge ?\d", r"geq", r"le ?\d", r"leq", r"pm ?\d", r"\.[A-Z]", r"- [a-z]", r"\((?<=[a-z]\()[A-Z]"),
    )
]
_ADDRESS = re.compile(r"(https?://[^\s<>\"`{}]+)")


def clean(text: str) -> str:
    """Return `text` as one line of readable Unicode; addresses are left as they are.

    >>> clean("We pay $5 and $10 for 32times   more of \\\\textbf{it} at 0.5\\\\%")
    'We pay $5 and $10 for 32× more of it at 0.5%'
    """
    text = " ".join(text.split())
    if not _SIGNS.search(text) and not any(clue.search(text) for clue in _CLUES):
        return text
    # Every second part is an address.
    parts = _ADDRESS.split(addresses(text))
    parts[::2] = [printed(untex(part)) for part in parts[::2]]
    return " ".join("".join(parts).split())
