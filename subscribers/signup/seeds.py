"""Papers that a visitor likes, pasted as arXiv links or BibTeX: what to follow, read from them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from papers.models import Paper, Topic
from papers.text import clean, title_key
from papers.topics import Classifier, TopicRule

# An arXiv id as it is written since 2007, and before. Bounded everywhere: a paste may be a megabyte of anything.
_ARXIV = re.compile(r"(?<![\d.])(\d{4}\.\d{4,5})(?:v\d+)?(?![\d.])|\b([a-z-]{2,20}(?:\.[A-Z]{2})?/\d{7})\b")
# Entries written on one line are parted before each field.
_NEXT_FIELD = re.compile(r",[ \t]{0,9}(?=[A-Za-z]{3,12}[ \t]{0,9}=[ \t]{0,9}[{\"])")
_FIELD = re.compile(r"[ \t]*(title|author|keywords)[ \t]*=[ \t]*(?=[{\"])(.*)", re.IGNORECASE)
_MOST_LINES = 40
# Of a library each line is in one value; with brackets left open each is in forty, and reading them takes seconds.
_MOST_CHARACTERS = 1_000_000
_MOST_PAPERS = 1000
_MOST_TERMS = 20
# Somebody who stands on two liked papers is worth following.
_OFTEN = 2


@dataclass(frozen=True, slots=True)
class Seeds:
    """What was found in the paste; empty is false."""

    arxiv_ids: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()

    @classmethod
    def read(cls, text: str) -> Seeds:
        """Return what the text names. Pure; anything else in it is passed over."""
        ids = dict.fromkeys(new or old for new, old in _ARXIV.findall(text))
        fields = list(_fields(text))
        authors = Counter(_natural(name) for kind, value in fields if kind == "author" for name in _names(value))
        keywords = Counter(
            word.strip() for kind, value in fields if kind == "keywords" for word in re.split("[,;]", value)
        )
        return cls(
            arxiv_ids=tuple(ids)[:_MOST_PAPERS],
            titles=tuple(value for kind, value in fields if kind == "title")[:_MOST_PAPERS],
            authors=_often(authors),
            keywords=_often(keywords),
        )

    def __bool__(self) -> bool:
        return bool(self.arxiv_ids or self.titles)

    def topics(self) -> tuple[str, ...]:
        """Return the slugs of the topics these papers carry: known papers say so, for others the title speaks."""
        keys = [title_key(title) for title in self.titles]
        known = Paper.objects.filter(arxiv_id__in=self.arxiv_ids) | Paper.objects.filter(title_key__in=keys)
        active = list(Topic.objects.filter(is_active=True))
        classifier = Classifier(TopicRule(topic.slug, topic.phrases, topic.arxiv_hints) for topic in active)
        counted = Counter(known.filter(topics__is_active=True).values_list("topics__slug", flat=True))
        found = set(known.values_list("title_key", flat=True))
        for title, key in zip(self.titles, keys, strict=True):
            if key not in found:
                counted.update(verdict.slug for verdict in classifier.classify(title)[:1])
        return tuple(slug for slug, _count in counted.most_common(6))


def _fields(text: str) -> Iterator[tuple[str, str]]:
    """Yield the fields of BibTeX entries: name in lower case, value without braces, on one line."""
    lines = _NEXT_FIELD.sub(",\n", text).splitlines() if "@" in text else []
    read = 0
    for number, line in enumerate(lines):
        if found := _FIELD.match(line):
            value = found[2]
            for more in lines[number + 1 : number + _MOST_LINES]:
                if value.count("{") <= value.count("}") and value.count('"') != 1:
                    break
                value += " " + more
            if (read := read + len(value)) > _MOST_CHARACTERS:
                return
            yield found[1].lower(), clean(re.sub(r'[{}"]', "", value)).rstrip(", ")


def _names(value: str) -> list[str]:
    return [name for name in re.split(r"\s+and\s+", value) if name and name.lower() != "others"]


def _natural(name: str) -> str:
    """Return "Ada Lovelace" for "Lovelace, Ada"."""
    last, comma, first = name.partition(",")
    return f"{first.strip()} {last.strip()}" if comma else name.strip()


def _often(counted: Counter[str]) -> tuple[str, ...]:
    return tuple(word for word, count in counted.most_common(_MOST_TERMS) if word and count >= _OFTEN)
