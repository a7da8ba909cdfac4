"""The HTML form of a cleaned text, safe by construction: everything is escaped, only addresses become links."""

from __future__ import annotations

import re
from html import escape, unescape

_ENTITY = re.compile(r"&(?:[a-zA-Z]{2,8}|#\d{1,6}|#x[0-9a-fA-F]{1,5});")
_DRESSED = re.compile(r"<(i|b|em|strong|sub|sup)>([^<>]{0,300})</\1>", re.I)
# Crossref's abstracts have paragraphs of its own: <jats:p>.
_PARAGRAPH = re.compile(r"</?(?:p|br|jats:[a-z-]{1,20})\s?/?>", re.I)
_ADDRESS = re.compile(r"https?://[^\s<>\"'`{}]+")


def unmarked(text: str) -> str:
    """Return `text` with signs for the entities of HTML, once or twice written, and without its plainest tags."""
    if "&" in text:
        text = _ENTITY.sub(_sign, _ENTITY.sub(_sign, text))
    if "<" not in text:
        return text
    return _DRESSED.sub(r"\2", _DRESSED.sub(r"\2", _PARAGRAPH.sub(" ", text)))


def _sign(found: re.Match[str]) -> str:
    sign = unescape(found[0])
    return sign if sign.isprintable() else " "


def linked(text: str) -> str:
    """Return `text` as HTML with its http addresses as links; a full stop behind an address is not part of it."""
    parts: list[str] = []
    end = 0
    for found in _ADDRESS.finditer(text):
        address = _bare(found[0])
        parts += [escape(text[end : found.start()]), _anchor(address)]
        end = found.start() + len(address)
    return "".join([*parts, escape(text[end:])])


def _anchor(address: str) -> str:
    return f'<a href="{escape(address)}" rel="nofollow noopener">{escape(address)}</a>'


def _bare(address: str) -> str:
    """Return the address without the punctuation of the sentence around it; a bracket that it opened itself stays."""
    while address and (address[-1] in ".,;:!?)]’”" and not _closes_its_own(address)):
        address = address[:-1]
    return address


def _closes_its_own(address: str) -> bool:
    return address[-1] == ")" and address.count("(") >= address.count(")")
