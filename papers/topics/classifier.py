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
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from papers.topics.phrases import DECLARED, Hit, Phrase, Vocabulary

MOST_TOPICS = 3
# Points as measured on 8,036 papers: a title names the subject, an abstract also its neighbours.
TITLE, KEYWORD, ABSTRACT, OFTEN, CATEGORY = 4.0, 1.0, 1.0, 1.0, 3.0
ENOUGH = 5.0
BETTER_THAN_NOTHING = 1.5
# A second and third topic must not be a shadow of the first.
SHARE_OF_THE_BEST = 0.4
# Broad categories hold nearly every paper that we see, so they say nothing.
BROAD = frozenset({"cs.LG", "cs.CL", "cs.CV", "cs.AI", "stat.ML"})


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


# For each topic the phrases found, as often as they stand there.
_Hits = dict[int, list[Phrase]]


@dataclass(slots=True)
class _Score:
    points: float = 0.0
    phrases: list[Phrase] = field(default_factory=list)
    has_context: bool = False


class Classifier:
    """Rules compiled once; `classify` takes about 0.1 ms an abstract and gives the same answer every time."""

    def __init__(self, rules: Iterable[TopicRule]) -> None:
        self.rules = list(rules)
        self._vocabulary = Vocabulary(rule.phrases for rule in self.rules)
        self._hints = [[hint for hint in rule.arxiv_hints if hint not in BROAD] for rule in self.rules]

    def classify(
        self, title: str, abstract: str = "", *, keywords: Iterable[str] = (), categories: Iterable[str] = ()
    ) -> list[Verdict]:
        """Return one to three topics, surest first; none when nothing speaks for any."""
        scores: dict[int, _Score] = {}
        self._count(scores, self._hits(title, is_title=True), TITLE)
        self._count(scores, self._hits(". ".join(keywords)), KEYWORD)
        self._count(scores, self._hits(abstract), ABSTRACT, often=OFTEN)
        self._weigh_categories(scores, categories)
        return self._verdicts(scores)

    def _hits(self, text: str, *, is_title: bool = False) -> _Hits:
        """Return what `text` holds of each topic; vetoed words do not count."""
        found = self._vocabulary.hits(text) if text else []
        return _tally(found if is_title else [hit for hit in found if not hit[1].is_for_titles])

    def _count(self, scores: dict[int, _Score], hits: _Hits, points: float, *, often: float = 0.0) -> None:
        for topic, phrases in hits.items():
            if (score := scores.get(topic)) is None:
                score = scores[topic] = _Score()
            weights = {phrase.text: phrase.weight for phrase in phrases}
            score.points += points * _weight(weights.values(), most=1.0 if points == TITLE else DECLARED)
            if often and len(phrases) > 2 and len([1 for phrase in phrases if weights[phrase.text] == 1]) > 2:
                score.points += often
            score.phrases += phrases
            if not score.has_context:
                score.has_context = len(weights) > 1 or not phrases[0].is_acronym

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
            Verdict(self.rules[topic].slug, round(1 - math.exp(-points / 6), 3), _evidence(score.phrases))
            for points, topic, score in kept[:MOST_TOPICS]
        ]


def _evidence(phrases: Sequence[Phrase]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([phrase.text for phrase in phrases]))


def _weight(weights: Collection[float], *, most: float) -> float:
    """Return the sum of the three heaviest, none counted for more than `most`."""
    if len(weights) > 3:
        weights = sorted(weights)[-3:]
    return sum([weight if weight < most else most for weight in weights])


def _tally(found: list[Hit]) -> _Hits:
    vetoes = [hit for hit in found if hit[1].is_veto]
    if vetoes:
        vetoed = {(phrase.topic, start + offset) for start, phrase in vetoes for offset in range(len(phrase.words))}
        found = [hit for hit in found if not hit[1].is_veto and (hit[1].topic, hit[0]) not in vetoed]
    hits: _Hits = {}
    for _, phrase in found:
        if phrase.topic in hits:
            hits[phrase.topic].append(phrase)
        else:
            hits[phrase.topic] = [phrase]
    return hits


def _is_in(category: str, hint: str) -> bool:
    """Tell whether `category` is `hint` or one of its archive: "astro-ph.GA" is in "astro-ph"."""
    return category == hint or category.startswith(f"{hint}.")
