"""Which form a file has that nobody named: by how it begins, then by whose reader finds most papers in it."""

from __future__ import annotations

import re

from papers.sources import READERS
from papers.sources.base import SourceError, text_of

# Where two readers find as many papers, the first one knows more of them.
_PAGE, _JSON, _TEXT = ("huggingface-page", "saved-page", "paper"), ("huggingface", "paper"), ("bibtex", "csv")
_FEED, _HARVEST = ("arxiv-feed", "feed"), ("arxiv-oai",)
_BY_FIRST_TAG: dict[str, tuple[str, ...]] = {"oai-pmh": _HARVEST, "listrecords": _HARVEST, "getrecord": _HARVEST}
_BY_FIRST_TAG |= dict.fromkeys(("rss", "feed", "rdf"), _FEED)
_FIRST_TAG = re.compile(r"<(?:\w{1,20}:)?([a-z][a-z-]{0,30})", re.I)
# An answer of arXiv's API and its feed are both Atom; the answer names its question at its top.
_ANSWER = re.compile(r"<feed\b.*arxiv\.org/api/", re.I | re.S)
_HEAD = 4_000
UNKNOWN = "This has no form that we know. Choose what it is, to be told what stands in the way."


def recognise(body: bytes) -> str:
    """Return the name of the reader that understands a file; raise SourceError when none does."""
    found: dict[str, int] = {}
    said: list[str] = []
    for name in _readers_for(text_of(body)[:_HEAD].lstrip()):
        try:
            found[name] = len(READERS[name].parse(body).records)
        except SourceError as error:
            said.append(str(error))
    if not found:
        # What each of them objects to is what is wrong with it.
        raise SourceError(said[0] if len(set(said)) == 1 else UNKNOWN)
    return max(found, key=lambda name: found[name])


def _readers_for(head: str) -> tuple[str, ...]:
    if head.startswith("<"):
        first = _FIRST_TAG.search(head)
        return ("arxiv-api",) if _ANSWER.search(head) else _BY_FIRST_TAG.get(first[1].lower() if first else "", _PAGE)
    # A page saved as text may begin like anything.
    return (*(_JSON if head.startswith(("[", "{")) else _TEXT), "saved-page")
