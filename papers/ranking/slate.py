"""A day's candidates made ready once, for any number of readers."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from papers.ranking.affinity import CLEAR, REMEMBERED, Table
from papers.ranking.values import Candidate, Floats, Reason
from papers.ranking.weights import Weights
from papers.ranking.words import phrase

IN_ABSTRACT = 0.6
# A keyword that stands in one paper of the day asks for that paper and is heard before any votes; one that stands in
# ten, which would fill a digest, tells hardly anything apart.
RARE, COMMON = 7.0, 10


@dataclass(frozen=True)
class Ranker:
    """Everything that ranking knows besides the candidates and the reader; without a table it knows words and votes."""

    weights: Weights = field(default_factory=Weights)
    table: Table | None = None


class Slate:
    """The candidates in the order of their ids, and what of their scores is the same for every reader."""

    def __init__(self, candidates: Sequence[Candidate], ranker: Ranker) -> None:
        self.candidates = sorted(candidates, key=lambda candidate: candidate.id)
        self.ranker, self.weights = ranker, ranker.weights
        self.ids = [candidate.id for candidate in self.candidates]
        if ranker.table is not None and list(ranker.table.ids) != self.ids:
            raise ValueError("The table was made for other candidates than these.")
        self.column_of = {pk: column for column, pk in enumerate(self.ids)}
        self.votes = self.weights.votes * _standardised([candidate.votes for candidate in self.candidates])
        self.editor = np.array([candidate.boost for candidate in self.candidates], np.float32)
        self.age = -self.weights.age * np.array([candidate.age_days for candidate in self.candidates], np.float32)
        self.topics, self.topic_row = self._topic_rows()
        self.sameness = _sameness(self.candidates)
        self.literal, self.like, self.by = (_Rows(make, len(self)) for make in (self._literal, self._like, self._by))
        self.reasons: dict[tuple[str, str], Reason] = {}
        self._reasons_of: dict[str, NDArray[np.object_]] = {}
        self._phrases: list[tuple[str, str]] | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def reason(self, kind: str, value: str = "") -> Reason:
        """Return the one Reason of this kind and value."""
        found = self.reasons.get((kind, value))
        if found is None:
            found = self.reasons[kind, value] = Reason(kind, value)
        return found

    def reasons_of(self, kind: str, causes: NDArray[np.intp]) -> NDArray[np.object_]:
        """Return the reason of this kind for each cause: a row, for votes a column."""
        if kind in ("author", "keyword", "near"):  # of thousands of words that were asked a block's papers name some
            words = list((self.by if kind == "author" else self.literal).row_of)
            named, places = np.unique(causes, return_inverse=True)
            return self._reasons(kind, [words[row] for row in named.tolist()])[places]
        if kind not in self._reasons_of:
            self._reasons_of[kind] = self._reasons(kind, self._values_of(kind))
        return self._reasons_of[kind][causes]

    def _reasons(self, kind: str, values: Sequence[str]) -> NDArray[np.object_]:
        reasons = np.empty(len(values), object)
        reasons[:] = [self.reason(kind, value) for value in values]
        return reasons

    def _values_of(self, kind: str) -> Sequence[str]:
        if kind == "votes":
            return [str(candidate.votes) for candidate in self.candidates]
        if kind == "topic":
            return list(self.topic_row)
        return self.ranker.table.titles if kind in ("opened", "liked") and self.ranker.table else [""]

    def _topic_rows(self) -> tuple[Floats, dict[str, int]]:
        slugs = sorted({slug for candidate in self.candidates for slug in candidate.topics})
        row_of = {slug: row for row, slug in enumerate(slugs)}
        rows = np.zeros((len(slugs), len(self)), np.float32)
        for column, candidate in enumerate(self.candidates):
            for slug, confidence in candidate.topics.items():
                rows[row_of[slug], column] = confidence
        return rows, row_of

    def _literal(self, keywords: Sequence[str]) -> Floats:
        if self._phrases is None:
            self._phrases = [(phrase(candidate.title), phrase(candidate.abstract)) for candidate in self.candidates]
        rows = np.zeros((len(keywords), len(self)), np.float32)
        for row, keyword in zip(rows, map(phrase, keywords), strict=True):
            if keyword.strip():
                row[:] = [
                    1 if keyword in title else IN_ABSTRACT if keyword in abstract else 0
                    for title, abstract in self._phrases
                ]
                row *= 1 + RARE * max(0, 1 - np.count_nonzero(row) / COMMON)
        return rows

    def _like(self, keywords: Sequence[str]) -> Floats:
        table = self.ranker.table
        return np.zeros((len(keywords), len(self)), np.float32) if table is None else table.voices(keywords)

    def near(self, rows: NDArray[np.intp]) -> Floats:
        """Return 1 where a paper is near a keyword beyond doubt, for the keywords of these rows."""
        trust = self.ranker.table.trust if self.ranker.table else np.float32(1)
        return (self.like.matrix[rows] >= CLEAR * trust).astype(np.float32)

    def _by(self, authors: Sequence[str]) -> Floats:
        columns = defaultdict(list)
        for column, candidate in enumerate(self.candidates):
            for author in candidate.authors:
                columns[author.casefold()].append(column)
        rows = np.zeros((len(authors), len(self)), np.float32)
        for row, author in zip(rows, authors, strict=True):
            row[columns.get(author.casefold(), [])] = 1
        return rows


class _Rows:
    """A growing matrix with a row for each word that a reader ever asked for."""

    def __init__(self, make: Callable[[Sequence[str]], Floats], width: int) -> None:
        self.make, self.width = make, width
        self._forget()

    def _forget(self) -> None:
        self.row_of: dict[str, int] = {}
        self.matrix = self._room = np.empty((0, self.width), np.float32)

    def learn(self, asked: set[str]) -> None:
        """Make the rows of the words that are new; forget all when there are too many."""
        if self.matrix.size > REMEMBERED:
            self._forget()
        new = sorted(asked - self.row_of.keys())
        if new:
            rows = self.make(new)
            self.row_of |= {word: len(self.row_of) + number for number, word in enumerate(new)}
            self.matrix = self._with(rows)

    def _with(self, rows: Floats) -> Floats:
        """Return the matrix with these rows below it. Every block brings some; it is copied when its room is full."""
        first, end = len(self.matrix), len(self.row_of)
        if end > len(self._room):
            self._room = np.empty((first + end, self.width), np.float32)
            self._room[:first] = self.matrix
        self._room[first:end] = rows
        return self._room[:end]


def _standardised(votes: Sequence[int]) -> Floats:
    """Return how far each paper stands above the day in votes, in standard deviations; 0 on a day without votes.

    The logarithm is taken of votes and twice the day's mean: among papers with few votes one more says little."""
    counts = np.maximum(np.array(votes, float), 0)
    if not counts.any():
        return np.zeros(len(counts), np.float32)
    logs = np.log1p(counts / (2 * counts.mean()))
    return ((logs - logs.mean()) / max(float(logs.std()), 1e-9)).astype(np.float32)


def _sameness(candidates: Sequence[Candidate]) -> NDArray[np.float32] | None:
    """Return the cosines of the candidates' vectors, 0 where one has none; None when nobody has any."""
    widths = {len(candidate.vector) for candidate in candidates if candidate.vector is not None}
    if len(widths) != 1:
        return None
    vectors = np.zeros((len(candidates), widths.pop()), np.float32)
    for row, candidate in zip(vectors, candidates, strict=True):
        if candidate.vector is not None:
            row[:] = candidate.vector
            row /= max(math.sqrt(float(row @ row)), 1e-9)
    return np.maximum(vectors @ vectors.T, 0)
