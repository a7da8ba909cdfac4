"""Papers like a paper."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from django.db import connection

from papers.models import Paper, PaperTopic
from papers.search import matching, spelling, words

MOST = 5  # papers
AROUND = 120  # candidates of the same topics, before and after it
A_WORD = 40  # candidates for each of its rarest words
RARE_WORDS = 4
# Below this cosine two abstracts have little but their field in common.
LIKE = 0.25


def similar(paper: Paper, *, limit: int = MOST) -> list[Paper]:
    """Return the papers nearest to `paper`: by their vectors, or by rare words of their titles where those are missing.

    `paper` is a listed one; the candidates are bounded, so that a million papers cost what a thousand do.
    """
    known = spelling.vocabulary()
    own = Paper.objects.only("vector", "vector_version").get(pk=paper.pk)
    candidates = Paper.objects.published().filter(pk__in=_around(paper) | _of_its_words(paper, known))
    rows = list(candidates.exclude(pk=paper.pk).values_list("pk", "title", "vector", "vector_version"))
    scores = {pk: _alike(paper.title, title, known) for pk, title, _, _ in rows}
    if own.vector:
        scores |= _cosines(own, [(pk, vector) for pk, _, vector, version in rows if version == own.vector_version])
    best = sorted((pk for pk in scores if scores[pk] >= LIKE), key=lambda pk: (-scores[pk], -pk))[:limit]
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


def _of_its_words(paper: Paper, known: Mapping[str, int]) -> set[int]:
    """Return papers that hold one of the rarest words of its title."""
    common = sorted((known[word], word) for word in set(words.plain(paper.title).split()) if known.get(word, 0) > 1)
    found: set[int] = set()
    for _, word in common[:RARE_WORDS]:
        found.update(matching.matches(connection, [word], matching.Bounds(), pool=A_WORD))
    return found


def _alike(one: str, other: str, known: Mapping[str, int]) -> float:
    """Return the share, 0..1, of the weight of one title's words that the other has too; rare words weigh more."""
    weight = {word: 1 / math.log(2 + known[word]) for word in set(words.plain(one).split()) if word in known}
    shared = weight.keys() & set(words.plain(other).split())
    return sum(weight[word] for word in shared) / (sum(weight.values()) or 1)


def _cosines(own: Paper, others: Sequence[tuple[int, bytes | memoryview | None]]) -> dict[int, float]:
    """Return the cosine of each other paper's vector with ours; vectors are float16 bytes of one length."""
    mine = np.frombuffer(own.vector or b"", "<f2").astype(np.float32)
    vectors = {pk: np.frombuffer(vector, "<f2") for pk, vector in others if vector}
    vectors = {pk: vector for pk, vector in vectors.items() if len(vector) == len(mine)}
    if not vectors:
        return {}
    matrix = np.stack(list(vectors.values())).astype(np.float32)
    length = np.linalg.norm(matrix, axis=1) * np.linalg.norm(mine)
    return dict(zip(vectors, (matrix @ mine / np.where(length == 0, 1, length)).tolist(), strict=True))
