"""Addresses that TeX wrapped: url{…}, href{…}{…} and what Hugging Face leaves of them."""

from __future__ import annotations

import re

_URL = re.compile(r"(?<=[^\s\\(])?\\?\burl\s?\{([^{}]*)\}")
_HREF = re.compile(r"\\?\bhref\s?\{([^{}]*)\}\s?\{([^{}]*)\}")
# No address is longer; of a hundred thousand in one word each would be read to the end.
_TWICE = re.compile(r"(https?://[^\s{}]{1,500})\{(?:\w{2,8}\{)?\1/?\.?\}+")
_LABELLED = re.compile(r"(https?://[^\s{}]{1,500})\{([^{}]{0,80})\}")
_BRACED = re.compile(r"\{\s?(https?://[^\s{}]+)\s?\}+")
# A sign that TeX wants escaped, in the middle of a word: hugging_face, jumping_cod.
_ESCAPED = re.compile(r"\\(?=[_#&~]\w)(?<=\w\\)")
# A label that says no more than the address beside it.
_EMPTY_LABELS = {"", "here", "url", "link", "github", "this https url", "this http url", "this link", "code"}


def addresses(text: str) -> str:
    """Return `text` with every wrapped address plain, and a telling label beside it in brackets."""
    if "http" not in text and "url" not in text:
        return text
    text = _ESCAPED.sub("", text.replace("\\allowbreak ", "").replace("\\allowbreak", ""))
    if "{" not in text:
        return text
    text = _HREF.sub(r"\1{\2}", text)
    text = _URL.sub(r" \1", text)
    text = _TWICE.sub(r"\1", text)
    text = _LABELLED.sub(_label, text)
    return _BRACED.sub(r"\1", text)


def _label(found: re.Match[str]) -> str:
    address, label = found[1], found[2].strip(" .")
    if label.lower() in _EMPTY_LABELS or label.startswith("http") or label in address:
        return address
    return f"{address} ({label})"
