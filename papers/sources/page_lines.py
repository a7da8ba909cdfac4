"""What the lines of a saved page are: titles, abstracts, days, votes, links, small print."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from itertools import dropwhile

from papers.sources.base import line
from papers.sources.dates import date, lone_day

# arXiv takes abstracts up to 1,920 characters; a block that would make one longer belongs to no abstract.
LONGEST_ABSTRACT = 2_000
LONGEST_TITLE = 300
SHORTEST_ABSTRACT = 200

HEAD = re.compile(
    r"^(?:new|subscribe|(?:trending|daily|weekly|monthly|hugging face)? ?papers|get trending papers.*"
    r"|by ?.*(?:research )?community)$",
    re.I,
)
_BEFORE_DAY = re.compile(r"^(?:hugging face )?(?:daily )?papers ?[-–—·:|,] ?|^papers of ", re.I)
# What stands in the place of a day above a longer span: Week 31, 2025-W31, July 2025, Jul 28 - Aug 3.
SPAN = re.compile(
    r"^(?:week \d{1,2}(?:, \d{4})?|\d{4}-W\d{2}|\d{4}-\d{2}|[A-Z][a-z]{2,8} \d{4}"
    r"|[A-Z][a-z]{2,8} \d{1,2}(?:, \d{4})? ?[-–—] ?(?:[A-Z][a-z]{2,8} )?\d{1,2}(?:, \d{4})?)$",
    re.I,
)
# Headings, list items and bold words may carry the link.
_LINKED_TITLE = re.compile(
    r"^(?:[-*+•] |\d{1,3}[.)] )?(?:#{1,6} *)?(?:\*\*)?\[(?:\*\*)?(?P<title>[^!].*?)(?:\*\*)?\]"
    r"\((?P<link>[^()\s]*/(?:papers|abs)/[^()\s]+)(?: \"[^\"]{0,300}\")?\)(?:\*\*)?$"
)
_NUMBER = re.compile(r"\W*\d+(?: (?:authors?|comments?|upvotes?|repl(?:y|ies)))?\W*$")
# As browsers for the terminal write links: the title, and its address behind it or below.
_ADDRESS = re.compile(
    r"^[<(\[]?(?P<link>(?:https?://)?[^\s()\[\]<>]{0,40}/(?:papers|abs|pdf)/\d{4}\.\d{4,5}\S{0,40}?)[>)\]]?$"
)
_WITH_ADDRESS = re.compile(
    r"^(?P<title>.{4,300}?) [<(\[](?P<link>https?://\S{0,40}/(?:papers|abs)/[^\s<>()]{4,60})[>)\]]$"
)
VOTES = re.compile(r"^\[?(\d{1,6}|-)\]?$")
SMALL_PRINT = re.compile(
    r"^(?:[-–·•▲⋅|]|\[[\d-]*\]|[+]?\d+|\d+ (?:authors?|comments?|upvotes?)|Submitted by.*|Published on .*|Upvote[sd]?"
    r"|View all.*|Load more.*|Previous|Next|Today|Daily|Weekly|Monthly|Day|Week|Month|Trending|\d+ (?:day|hour)s? ago"
    r"|\[?!?\[[^\]]*\]\([^)]*\)(?:[^\[\]()]*\]\([^)]*\))?|[-=_*]{3,}|Company|TOS|Privacy|About|Careers|Jobs|Website|Models|Datasets|Spaces|Buckets"
    r"|Pricing|Docs|Enterprise|Solutions|Community|Log In|Sign Up|Hugging Face|System theme|Toggle theme|© .*)$",
    re.I,
)
ENUMERATED = re.compile(r"^(?:\d{1,3}[.)] |[-*•] |#{1,6} +|Title: |Abstract: ?)(?=\S)", re.I)


def blocks_of(text: str) -> list[str]:
    """Return the paragraphs as lines; where the text has no empty lines, each line is a paragraph."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\xa0", " ").replace("\u200b", "")
    chunks = [chunk for chunk in re.split(r"\n[ \t]*\n", text) if chunk.strip()]
    if len(chunks) < 4:
        chunks = text.splitlines()
    blocks: list[str] = []
    for chunk in chunks:
        parts = [part for part in map(line, chunk.splitlines()) if part]
        # Headings, dates and votes stand on lines of their own even inside a paragraph; a wrapped abstract does not.
        if len(parts) > 1 and any(map(_stands_alone, parts)):
            blocks += parts
        elif parts:
            blocks.append(" ".join(parts))
    return _with_links(blocks)


def _stands_alone(part: str) -> bool:
    return bool(day_line(part) or linked_title(part) or _ADDRESS.match(part) or len(part) >= SHORTEST_ABSTRACT)


def linked_title(block: str) -> re.Match[str] | None:
    """Return the parts of a title with its link; "12 authors" and the number of comments have one too."""
    found = _LINKED_TITLE.match(block)
    return found if found and not _NUMBER.match(found["title"]) else None


def holds_a_pair(blocks: Sequence[str]) -> bool:
    return any(is_title(a) and is_abstract(b) for a, b in zip(blocks, blocks[1:], strict=False))


def is_abstract(block: str) -> bool:
    return len(block) >= SHORTEST_ABSTRACT or (len(block) >= 80 and ". " in block and block[-1] in ".!?…")


def is_title(block: str) -> bool:
    return len(block) <= LONGEST_TITLE


def continues(abstract: str, block: str) -> bool:
    """Tell whether `block` is a further paragraph of the abstract: a sentence or an address, and not too much."""
    reads_on = is_abstract(block) or block.endswith(".") or "http" in block
    return reads_on and len(abstract) + len(block) < LONGEST_ABSTRACT


def text_of_papers(blocks: Sequence[str]) -> Iterator[str]:
    """Yield the titles and abstracts among the blocks: no votes, dates, institutes, menus or numbers before titles."""
    is_text = [not (SMALL_PRINT.match(block) or day_line(block) or SPAN.match(block)) for block in blocks]
    following = ""
    kept: list[str] = []
    for index in range(len(blocks) - 1, -1, -1):
        after = blocks[index + 1] if index + 1 < len(blocks) else ""
        # The institute stands above a dot or a day, and no abstract comes behind it.
        is_institute = bool(after == "·" or day_line(after)) and not is_abstract(following)
        is_name = index > 0 and blocks[index - 1] == "Submitted by"
        if is_text[index] and not (is_institute or is_name) or is_abstract(blocks[index]):
            following = ENUMERATED.sub("", blocks[index]).strip("*").strip()
            kept.append(following)
    kept.reverse()
    return dropwhile(HEAD.match, kept)


def _with_links(blocks: Sequence[str]) -> list[str]:
    """Return the blocks with addresses that stand behind or below titles as markdown has them."""
    joined: list[str] = []
    for block in blocks:
        found = _WITH_ADDRESS.match(block) or _ADDRESS.match(block)
        if not found or linked_title(block):
            joined.append(block)
        elif title := found.groupdict().get("title"):
            joined.append(f"### [{title}]({found['link']})")
        else:
            above = [len(joined) - back for back in (1, 2) if len(joined) >= back]
            titles = [place for place in above if is_title(joined[place]) and not is_abstract(joined[place])]
            if titles and not (SMALL_PRINT.match(joined[titles[0]]) or day_line(joined[titles[0]])):
                joined[titles[0]] = f"### [{joined[titles[0]]}]({found['link']})"
    return joined


def day_line(block: str) -> tuple[int, int, int | None] | None:
    """Return month, day and year, if there is one, of a line that is no more than a day: Jul 29."""
    return lone_day(_BEFORE_DAY.sub("", block)) if len(block) < 60 else None


def full_date(block: str) -> dt.date | None:
    found = day_line(block)
    return date(found[2], found[0], found[1]) if found and found[2] else None
