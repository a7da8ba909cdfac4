"""The HTML form of a cleaned text, safe by construction: everything is escaped, only addresses become links."""

from __future__ import annotations

import re
from html import escape

_ADDRESS = re.compile(r"https?://[^\s<>\"'`{}]+")


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
