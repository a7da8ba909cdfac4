"""Papers like a paper."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from django.db import connection

from papers.models import Paper, PaperTopic
from papers.search import matching, spelling, words

MOST = 5  # papers
AROUND = 60  # candidates of the same topic, before it and after it
A_WORD = 25  # candidates for each of its rarest words
RARE_WORDS = 4
# Below these two papers have little but their field in common; looked up on pairs of real papers.
LIKE_BY_VECTOR, LIKE_BY_WORDS = 0.5, 0.075


def similar(paper: Paper, *, limit: int = MOST) -> list[Paper]:
    """Return the papers nearest to `paper`, a listed one: by their vectors, or by their words where those are missing.

    The candidates are bounded, so that with a million papers it takes as long as with a thousand.
    """
    candidates = (_around(paper) | _of_its_words(paper)) - {paper.pk}
    rows = list(
        Paper.objects.published().filter(pk__in=candidates).only("title", "abstract", "vector", "vector_version")
    )
    scores = _by_vector(Paper.objects.only("vector", "vector_version").get(pk=paper.pk), rows)
    scores = scores or _by_words(paper, rows)
    best = sorted(scores, key=lambda pk: (-scores[pk], -pk))[:limit]
    papers = Paper.objects.listed().in_bulk(best)
    return [papers[pk] for pk in best]


def _around(paper: Paper) -> set[int]:
    """Return papers of its surest topic, imported just before and after it."""
    surest = next(iter(paper.paper_topics.all()), None)
    if surest is None:
        return set()
    marks = PaperTopic.objects.filter(topic=surest.topic)
    before = marks.filter(paper__lt=paper.pk).order_by("-paper").values_list("paper", flat=True)[:AROUND]
    after = marks.filter(paper__gt=paper.pk).order_by("paper").values_list("paper", flat=True)[:AROUND]
    return {*before, *after}


def _of_its_words(paper: Paper) -> set[int]:
    """Return papers that hold one of the rarest words of its title."""
    known = spelling.vocabulary()
    rare = sorted((known[word], word) for word in set(words.plain(paper.title).split()) if known.get(word, 0) > 1)
    found: set[int] = set()
    for _, word in rare[:RARE_WORDS]:
        found.update(matching.matches(connection, [word], matching.Bounds(), pool=A_WORD))
    return found


def _by_vector(own: Paper, others: Sequence[Paper]) -> dict[int, float]:
    """Return the cosines of the other papers' vectors with ours, the small ones left out; vectors are float16 bytes."""
    mine = np.frombuffer(own.vector or b"", "<f2").astype(np.float32)
    vectors = {
        paper.pk: np.frombuffer(paper.vector, "<f2")
        for paper in others
        if paper.vector and paper.vector_version == own.vector_version and len(paper.vector) == 2 * len(mine)
    }
    if not vectors:
        return {}
    matrix = np.stack(list(vectors.values())).astype(np.float32)
    length = np.linalg.norm(matrix, axis=1) * np.linalg.norm(mine)
    cosines = matrix @ mine / np.where(length == 0, 1, length)
    return {pk: cosine for pk, cosine in zip(vectors, cosines.tolist(), strict=True) if cosine >= LIKE_BY_VECTOR}


def _by_words(own: Paper, others: Sequence[Paper]) -> dict[int, float]:
    """Return the cosines of the other papers' words with ours, the small ones left out; a word that fewer of these
    papers hold weighs more, one that all hold nothing."""
    texts = {paper.pk: _bag(paper) for paper in (own, *others)}
    held = Counter(word for bag in texts.values() for word in bag)
    weight = {word: math.log(len(texts) / count) ** 2 for word, count in held.items()}
    length = {pk: math.sqrt(_sum(bag, weight)) or 1 for pk, bag in texts.items()}
    mine = texts.pop(own.pk)
    cosines = {pk: _sum(mine & bag, weight) / (length[own.pk] * length[pk]) for pk, bag in texts.items()}
    return {pk: cosine for pk, cosine in cosines.items() if cosine >= LIKE_BY_WORDS}


def _bag(paper: Paper) -> set[str]:
    # One form of most plurals is enough here; search does it better, but in the database.
    return {word.removesuffix("s") for word in words.plain(f"{paper.title} {paper.abstract}").split()}


def _sum(bag: set[str], weight: Mapping[str, float]) -> float:
    return sum(weight[word] for word in bag)
