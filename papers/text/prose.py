"""Typewriter habits to print: quotes, dashes, ties, and sentences that lost their space."""

from __future__ import annotations

import re

from papers.text.symbols import words

_STARTERS = words(
    "The This These Those That There We Our To In It Its A An As At By For From On With While When Where "
    "Although Though However Moreover Furthermore Additionally Finally Specifically Experiments Experimental "
    "Extensive Code Codes Existing Recent Recently Despite Through First Second Third Besides Thus Therefore "
    "Hence Then Here Results Using Based Compared Unlike Such Both Most Many Since If Given Building Inspired "
    "Motivated Notably Importantly Consequently Meanwhile Instead Nevertheless Currently Project Data Our"
)
_VERBS = "is are was has have can achieves leverages consists contains uses enables introduces provides allows"
# What a text must hold before the pattern is worth a try, the pattern, and what is printed instead.
_RULES: list[tuple[str, re.Pattern[str], str]] = [
    ("``", re.compile(r"``\s?(.{1,300}?)\s?(?:''|\"|``|”)"), r"“\1”"),
    ("`", re.compile(r"(?<![\w`])`([^`'\"]{1,120})'(?![\w'`])"), r"‘\1’"),
    # A tie is between words; "~10" is "about ten" and `~/bin` a path.
    ("~", re.compile(r"(?<=[\w.,)])~(?=[\w(\\])"), " "),
    ("--", re.compile(r"--(?<=\d--)(?=\d)"), "–"),
    ("---", re.compile(r"---(?<=[^\s-]---)(?=[^\s-])"), "—"),
    ("--", re.compile(r"--(?<=\s--)-?(?=\s)"), "–"),
    ("--", re.compile(r"--(?<=[^\W\d_]--|[)”\"]--)(?=[^\W\d_]|[(“\"])"), "–"),
    (".", re.compile(r"\.(?<=[a-z]{2}\.|\d%\.)(?=(?:" + "|".join(_STARTERS) + r")\b[ ,])"), ". "),
    (".", re.compile(r"\.(?<=[a-z]{4}\.)(?=[A-Z]\w+ (?:" + _VERBS.replace(" ", "|") + r")\b)"), ". "),
    ("(", re.compile(r"\((?<=[a-z]{3}\()(?=[A-Z][\w-]*[A-Z][\w-]*\))"), " ("),
    # "scaled- down" was broken at the end of a line; "low- and high-quality" was not.
    ("- ", re.compile(r"- (?<=[a-z]{3}- )(?!(?:and|or|to|vs|versus|as|but|nor|und)\b)(?=[a-z]{3})"), "-"),
]


def printed(text: str) -> str:
    """Return `text` with printed quotes and dashes and with a space behind each sentence."""
    for sign, pattern, instead in _RULES:
        if sign in text:
            text = pattern.sub(instead, text)
    return text
