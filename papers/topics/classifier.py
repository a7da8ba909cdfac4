"""What a paper is about: a deterministic classifier over phrases that an editor can read and change.

A phrase is written as words. Upper and lower case, plural and hyphens do not matter. Six signs change its meaning:

    interpretab*    a word that begins so
    RAG             capitals only: counts as written, and only when another phrase of the topic stands by it
    ~memory         weak: counts a quarter, so that it supports and never decides alone
    ^dataset        counts in the title only, where it says what the paper is
    +introduce ... benchmark   what the paper says it does: counts thrice in the abstract; `...` stands for some words
    !GPU memory     these words are no evidence for this topic
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

MOST_TOPICS = 3
# Points as measured on 8,036 papers: a title names the subject, an abstract also its neighbours.
TITLE, KEYWORD, ABSTRACT, OFTEN, CATEGORY = 4.0, 1.0, 1.0, 1.0, 3.0
WEAK, DECLARED = 0.25, 3.0
ENOUGH = 5.0
WEIGHTS = {"~": WEAK, "+": DECLARED}
SIGNS = frozenset("~!^+")
# How many words `...` may stand for.
GAP = 6
BETTER_THAN_NOTHING = 1.5
# A second and third topic must not be a shadow of the first.
SHARE_OF_THE_BEST = 0.4

_WORD = re.compile(r"[A-Za-z0-9]+")
_PART = re.compile(r"[A-Za-z0-9]+|\.\.\.")


@dataclass(frozen=True, slots=True)
class TopicRule:
    """A topic as the classifier sees it."""

    slug: str
    phrases: Sequence[str] = ()
    arxiv_hints: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """A topic that a paper carries: confidence in 0..1 and the phrases that spoke for it."""

    slug: str
    confidence: float
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Phrase:
    """One phrase of one topic, ready to be compared with words."""

    topic: int
    text: str
    words: tuple[str, ...]
    weight: float = 1.0
    is_acronym: bool = False
    is_veto: bool = False
    is_for_titles: bool = False


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of a text: all that a phrase may call it, and the phrases it begins, sorted by what must follow."""

    keys: tuple[str, ...]
    begins: bool = False
    alone: tuple[_Phrase, ...] = ()
    before: Mapping[str, tuple[_Phrase, ...]] = field(default_factory=dict)
    # What must stand within reach, "" for nothing, and the phrase.
    far: Sequence[tuple[str, _Phrase]] = ()


class _Vocabulary(dict[str, _Word]):
    """The words met so far; a new one is looked at once."""

    def __init__(self, know: Callable[[str], _Word]) -> None:
        super().__init__()
        self._know = know

    def __missing__(self, word: str) -> _Word:
        known = self[word] = self._know(word)
        return known


_Hits = dict[int, dict[str, tuple[_Phrase, int]]]


@dataclass(slots=True)
class _Score:
    points: float = 0.0
    evidence: dict[str, None] = field(default_factory=dict)
    has_context: bool = False


class Classifier:
    """Rules compiled once; `classify` takes about 0.1 ms an abstract and gives the same answer every time."""

    def __init__(self, rules: Iterable[TopicRule]) -> None:
        self.rules = list(rules)
        self._by_first_word: dict[str, list[_Phrase]] = {}
        self._words = _Vocabulary(self._know)
        self._prefixes: set[str] = set()
        for number, rule in enumerate(self.rules):
            for text in rule.phrases:
                self._learn(number, text)
        self._hints = [[hint for hint in rule.arxiv_hints if hint not in BROAD] for rule in self.rules]

    def classify(
        self, title: str, abstract: str = "", *, keywords: Iterable[str] = (), categories: Iterable[str] = ()
    ) -> list[Verdict]:
        """Return one to three topics, surest first; none when nothing speaks for any."""
        scores: dict[int, _Score] = {}
        self._count(scores, self._hits(title, is_title=True), TITLE, most=3)
        self._count(scores, self._hits(". ".join(keywords)), KEYWORD, most=3)
        self._count(scores, self._hits(abstract), ABSTRACT, most=3, often=OFTEN)
        self._weigh_categories(scores, categories)
        return self._verdicts(scores)

    def _learn(self, topic: int, text: str) -> None:
        bare = text.strip()
        sign, bare = (bare[0], bare[1:].strip()) if bare[:1] in SIGNS else ("", bare)
        is_acronym = bare.isupper() or bare in MIXED_ACRONYMS
        forms = {tuple(_PART.findall(bare.removesuffix("*")))}
        if "-" in bare and "*" not in bare:
            # "pre-training" is also written "pretraining".
            forms.add(tuple(_WORD.findall(bare.replace("-", "", 1))))
        for words in filter(None, forms):
            if is_acronym:
                keys = words
            elif bare.endswith("*"):
                keys = (*map(_stem, words[:-1]), words[-1].lower() + "*")
                self._prefixes.add(words[-1].lower())
            else:
                keys = tuple(map(_stem, words))
            phrase = _Phrase(topic, bare, keys, WEIGHTS.get(sign, 1.0), is_acronym, sign == "!", sign == "^")
            self._by_first_word.setdefault(keys[0], []).append(phrase)

    def _know(self, word: str) -> _Word:
        """Return the word as written, its stem and its prefixes, with the phrases that begin with any of them."""
        lower = word.lower()
        prefixes = [f"{lower[:end]}*" for end in range(2, len(lower) + 1) if lower[:end] in self._prefixes]
        # Acronyms are compared as written, but "LLMs" are several of what "LLM" is one.
        single = word[:-1] if word.endswith("s") and word[:-1].isupper() else word
        keys = tuple(dict.fromkeys((word, single, _stem(word), *prefixes)))
        phrases = [phrase for key in keys for phrase in self._by_first_word.get(key, ())]
        before: dict[str, tuple[_Phrase, ...]] = {}
        for phrase in phrases:
            if len(phrase.words) > 1 and phrase.words[1] != "...":
                before[phrase.words[1]] = (*before.get(phrase.words[1], ()), phrase)
        alone = tuple(phrase for phrase in phrases if len(phrase.words) == 1)
        far = [
            (next((key for key in phrase.words[1:] if key != "..."), ""), phrase)
            for phrase in phrases
            if len(phrase.words) > 1 and phrase.words[1] == "..."
        ]
        return _Word(keys, bool(phrases), alone, before, far)

    def _hits(self, text: str, *, is_title: bool = False) -> _Hits:
        """Return for each topic the phrases found in `text` and how often; vetoed words do not count."""
        if not text:
            return {}
        words = [*map(self._words.__getitem__, _WORD.findall(text))]
        found = _found(words)
        return _tally(found if is_title else [hit for hit in found if not hit[1].is_for_titles])

    def _count(
        self,
        scores: dict[int, _Score],
        hits: _Hits,
        points: float,
        *,
        most: int,
        often: float = 0.0,
    ) -> None:
        for topic, phrases in hits.items():
            if (score := scores.get(topic)) is None:
                score = scores[topic] = _Score()
            weights = sorted([phrase.weight for phrase, _ in phrases.values()], reverse=True)[:most]
            if points == TITLE:
                weights = [min(weight, 1.0) for weight in weights]
            score.points += points * sum(weights)
            if often and sum([count for phrase, count in phrases.values() if phrase.weight == 1]) >= 3:
                score.points += often
            score.evidence.update(dict.fromkeys(phrases))
            if not score.has_context:
                score.has_context = len(phrases) > 1 or any(not phrase.is_acronym for phrase, _ in phrases.values())

    def _weigh_categories(self, scores: dict[int, _Score], categories: Iterable[str]) -> None:
        categories = list(categories)
        for topic, hints in enumerate(self._hints if categories else ()):
            if any(_is_in(category, hint) for category in categories for hint in hints):
                scores.setdefault(topic, _Score(has_context=True)).points += CATEGORY

    def _verdicts(self, scores: dict[int, _Score]) -> list[Verdict]:
        ranked = sorted(
            ((score.points, topic, score) for topic, score in scores.items() if score.has_context),
            key=lambda item: (-item[0], item[1]),
        )
        if not ranked or ranked[0][0] < BETTER_THAN_NOTHING:
            return []
        best = ranked[0][0]
        kept = [item for item in ranked if item[0] >= max(ENOUGH, best * SHARE_OF_THE_BEST)] or ranked[:1]
        return [
            Verdict(self.rules[topic].slug, round(1 - math.exp(-points / 6), 3), tuple(score.evidence))
            for points, topic, score in kept[:MOST_TOPICS]
        ]


# Broad categories hold nearly every paper that we see, so they say nothing.
BROAD = frozenset({"cs.LG", "cs.CL", "cs.CV", "cs.AI", "stat.ML"})
MIXED_ACRONYMS = frozenset({"MoE", "LoRA", "CoT", "NeRF", "ViT", "RoPE"})


def _stem(word: str) -> str:
    """Fold plural and British spelling, enough to compare words of titles."""
    word = word.lower()
    if len(word) > 4 and word.endswith("ies"):
        word = word[:-3] + "y"
    elif len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    return word.replace("isation", "ization").replace("ising", "izing").replace("modelling", "modeling")


def _found(words: list[_Word]) -> list[tuple[int, _Phrase]]:
    """Return each phrase that stands in the text, with the place of its first word."""
    found: list[tuple[int, _Phrase]] = []
    last = len(words) - 1
    for start, word in enumerate(words):
        if not word.begins:
            continue
        for phrase in word.alone:
            found.append((start, phrase))
        if word.before and start < last and not word.before.keys().isdisjoint(follow := words[start + 1].keys):
            for key in follow:
                for phrase in word.before.get(key, ()):
                    if len(phrase.words) == 2 or _stands_at(phrase.words, words, start):
                        found.append((start, phrase))
        if word.far:
            near = {key for other in words[start + 1 : start + GAP + 2] for key in other.keys}
            for key, phrase in word.far:
                if not key or (key in near and (len(phrase.words) == 3 or _stands_at(phrase.words, words, start))):
                    found.append((start, phrase))
    return found


def _stands_at(wanted: tuple[str, ...], words: list[_Word], start: int) -> bool:
    at, reach = start, 1
    for key in wanted:
        if key == "...":
            reach = GAP + 1
            continue
        places = range(at, min(at + reach, len(words)))
        found = next((place for place in places if key in words[place].keys), None)
        if found is None:
            return False
        at, reach = found + 1, 1
    return True


def _tally(found: list[tuple[int, _Phrase]]) -> _Hits:
    vetoed = {
        (phrase.topic, start + offset)
        for start, phrase in found
        if phrase.is_veto
        for offset in range(len(phrase.words))
    }
    hits: _Hits = {}
    for start, phrase in found:
        if phrase.is_veto or (phrase.topic, start) in vetoed:
            continue
        phrases = hits.setdefault(phrase.topic, {})
        _, count = phrases.get(phrase.text, (phrase, 0))
        phrases[phrase.text] = (phrase, count + 1)
    return hits


def _is_in(category: str, hint: str) -> bool:
    """Tell whether `category` is `hint` or one of its archive: "astro-ph.GA" is in "astro-ph"."""
    return category == hint or category.startswith(f"{hint}.")
