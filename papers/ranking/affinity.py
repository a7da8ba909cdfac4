"""How much having opened one paper speaks for another: a table learned from texts and from what readers open together.

Four sources, so that each opened paper's share of a score is known:

near    two papers say the same
smooth  the same after kernel ridge regression: what many neighbours say counts once
spread  readers of this paper also opened those, and the new paper is like those
bridge  a map of the vectors: readers of papers that say this open papers that say that
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from papers.ranking.coreading import SHARED, axes_of, bridge_of, factors_of
from papers.ranking.ridge import solve
from papers.ranking.values import Floats

# Tuned on held-out papers, see docs/ranking.md.
LEXICAL_SHARE = 0.25
RIDGE_SEMANTIC, RIDGE_LEXICAL = 3.0, 5.0
# So many reads make co-reading worth half of its full weight.
ENOUGH_READS = 5_000
# The bridge has less to learn: 400 reads taught it nothing, 1,600 much. With fewer than this there is none.
ENOUGH_FOR_A_BRIDGE = 1_000
# An opened paper's voice is bent: among papers much like it the likest is hardly better than the next.
BENT = np.float32(0.7)
# A keyword speaks through its nearest papers of the archive; with few papers there it speaks for itself.
NEIGHBOURS, ENOUGH_PAPERS = 100, 500
# A keyword's own likeness, in standard deviations, beside that of its neighbours' mean.
_UNREAD = np.float32(0.5)
# However like a keyword a paper is, the keyword says no more than this many standard deviations: among papers on the
# subject the likest is hardly better than the next, and the votes know more. A paper on two keywords counts double.
LOUDEST = np.float32(0.8)
# From here on a paper is said to be near a keyword: about one paper in twenty is, when the keyword is a chance one.
CLEAR = LOUDEST * np.tanh(1 / LOUDEST)
# Words alone are a weaker sign of what a keyword is about.
TRUST_IN_WORDS = np.float32(0.5)
# Rows of keywords (or authors) are kept up to so many cells, 16 MB: 20,000 rows of 200 candidates, 4,000 of 1,000.
REMEMBERED = 4_000_000
# Large tables are made so many rows at a time, with a few copies of them in hand.
PART = 256


@dataclass(frozen=True)
class Shelf:
    """Papers (or keywords) with what they say: unit rows of TF-IDF words and, with the extra, of sentence vectors."""

    ids: Sequence[int]
    titles: Sequence[str]
    words: sp.csr_matrix
    vectors: Floats | None = None


def likeness(left: Shelf, right: Shelf) -> Floats:
    """Return how alike the texts are, 0 or more, shape (left, right)."""
    table = np.empty((left.words.shape[0], right.words.shape[0]), np.float32)
    words = right.words.T.tocsr()
    for rows in _parts(len(table)):
        table[rows] = (left.words[rows] @ words).toarray()
        if left.vectors is None or right.vectors is None:
            continue
        table[rows] *= LEXICAL_SHARE
        # The cube keeps near neighbours and forgets the many that are a little alike.
        table[rows] += np.maximum(left.vectors[rows] @ right.vectors.T, 0) ** 3
    return table


@dataclass(frozen=True)
class Content:
    """What the texts alone say of the archive (rows) and the candidates (columns)."""

    archive: Shelf
    candidates: Shelf
    near: Floats
    smooth: Floats

    @cached_property
    def points(self) -> tuple[Floats, Floats]:
        """Return the archive and the candidates as points around the archive's middle: what bridges are built between.

        Sentence vectors where there are any, else the leading axes of the archive's words."""
        archive, candidates = self.archive.vectors, self.candidates.vectors
        if archive is None or candidates is None:
            axes = axes_of(self.archive.words, SHARED)[0].T
            archive, candidates = _to_length_1(self.archive.words @ axes), _to_length_1(self.candidates.words @ axes)
        middle = archive.mean(0)
        # What has no vector yet stays in the middle, where nothing speaks for or against it.
        return _around(archive, middle), _around(candidates, middle)


def compare(archive: Shelf, candidates: Shelf) -> Content:
    """Solve the kernel ridge regression; time grows with the archive's third power, memory with its second."""
    kernel = likeness(archive, archive)
    kernel[np.diag_indices_from(kernel)] += RIDGE_LEXICAL if archive.vectors is None else RIDGE_SEMANTIC
    smooth = likeness(archive, candidates)
    solve(kernel, smooth)
    # The kernel is the largest thing here by far: the likeness is made a second time rather than kept beside it.
    del kernel
    return Content(archive, candidates, likeness(archive, candidates), smooth)


@dataclass
class Table:
    """Shares of a score: `few` for readers who opened little, `many` for the others, shape (archive, candidates).

    Each row is centred over the candidates, so that an opened paper speaks for what is more like it than the rest;
    both tables have standard deviation 1. `ids` are the candidates', in the order of the columns."""

    ids: Sequence[int]
    row_of: dict[int, int]
    titles: Sequence[str]
    few: Floats
    many: Floats
    keyword_rows: Callable[[Sequence[str]], Floats] | None = field(default=None, repr=False)
    trust: np.float32 = np.float32(1)

    def voices(self, keywords: Sequence[str]) -> Floats:
        """Return how much each keyword speaks for each candidate, shape (keywords, candidates)."""
        if self.keyword_rows is None:
            return np.zeros((len(keywords), len(self.ids)), np.float32)
        return self.trust * LOUDEST * np.tanh(self.keyword_rows(keywords) / LOUDEST)

    def part(self, ids: Sequence[int], columns: Sequence[int], *, opened: Sequence[int]) -> Table:
        """Return the table of some candidates, which get these ids, and of some opened papers."""
        ask = self.keyword_rows
        rows = [self.row_of[pk] for pk in opened if pk in self.row_of]
        at = np.ix_(rows, columns)
        return Table(
            ids=ids,
            row_of={pk: row for row, pk in enumerate(pk for pk in opened if pk in self.row_of)},
            titles=[self.titles[row] for row in rows],
            few=_even(self.few[at]),
            many=_even(self.many[at]),
            keyword_rows=(lambda words: _even(ask(words)[:, columns])) if ask else None,
            trust=self.trust,
        )


def tabulate(
    content: Content, reads: sp.csr_matrix | None = None, *, encode: Callable[[Sequence[str]], Shelf] | None = None
) -> Table:
    """Return the table of these candidates; `reads` as for `factors_of`; `encode` makes keywords comparable."""
    few, many = _mixed(content, reads)
    archive = content.archive
    row_of = {pk: row for row, pk in enumerate(archive.ids)}
    table = Table(content.candidates.ids, row_of, archive.titles, few, many)
    if encode:
        opened = np.zeros(len(archive.ids)) if reads is None else np.asarray(reads.sum(0)).ravel()
        table.keyword_rows = _Keywords(archive, content.candidates, few, opened, encode)
        table.trust = TRUST_IN_WORDS if archive.vectors is None else np.float32(1)
    return table


def _mixed(content: Content, reads: sp.csr_matrix | None) -> tuple[Floats, Floats]:
    """Return the tables for few and for many opened papers, made in parts, because each is large."""
    near, smooth = _unit(content.near), _unit(content.smooth)
    few, many = np.empty_like(content.near), np.empty_like(content.near)
    lessons = _lessons(content, reads) if reads is not None and min(reads.shape) > 3 else ([], [])
    for rows in _parts(len(few)):
        even = content.smooth[rows] / smooth
        few[rows], many[rows] = content.near[rows] / near + 0.5 * even, even
        for table, learned in zip((few, many), lessons, strict=True):
            for left, right in learned:
                table[rows] += left[rows] @ right
            table[rows] = _even(table[rows])
    few /= _unit(few)
    for rows in _parts(len(few)):
        few[rows] = _even(np.copysign(np.abs(few[rows]) ** BENT, few[rows]))
    few /= _unit(few)
    many /= _unit(many)
    return few, many


Lessons = list[tuple[Floats, Floats]]


def _lessons(content: Content, reads: sp.csr_matrix) -> tuple[Lessons, Lessons]:
    """Return what the reads add to the tables for few and for many, as pairs whose product is the size of a table."""
    share = reads.nnz / (reads.nnz + ENOUGH_READS)
    factors, trust = factors_of(reads)
    voices = factors @ content.smooth
    few = [_scaled(factors[:SHARED].T, voices[:SHARED], 2 * share)]
    many = [_scaled(factors.T, trust[:, None] * voices, 1.5 * share)]
    if reads.nnz >= ENOUGH_FOR_A_BRIDGE:
        mine, new = content.points
        share = reads.nnz / (reads.nnz + ENOUGH_FOR_A_BRIDGE)
        few.append(_scaled(mine @ bridge_of(reads, mine), _even(np.ascontiguousarray(new.T)), 2 * share))
    return few, many


def _scaled(left: Floats, right: Floats, size: float) -> tuple[Floats, Floats]:
    """Give the product this standard deviation."""
    return left, right * (np.float32(size) / _unit_of_product(left, right))


class _Keywords:
    """A keyword is read as an unseen paper: the archive's papers nearest to it speak for the candidates."""

    def __init__(
        self,
        archive: Shelf,
        candidates: Shelf,
        few: Floats,
        opened: NDArray[np.float64],
        encode: Callable[[Sequence[str]], Shelf],
    ) -> None:
        self.archive, self.candidates, self.few, self.encode = archive, candidates, few, encode
        self.known = np.sqrt(1 + opened).astype(np.float32)
        self.found: dict[str, Floats] = {}

    def __call__(self, keywords: Sequence[str]) -> Floats:
        """Return one row a keyword, shape (keywords, candidates)."""
        if len(self.found) * self.few.shape[1] > REMEMBERED:
            self.found.clear()
        if new := [word for word in keywords if word not in self.found]:
            self.found |= zip(new, self._rows(new), strict=True)
        return np.stack([self.found[word] for word in keywords])

    def _rows(self, keywords: Sequence[str]) -> Floats:
        asked = self.encode(keywords)
        direct = _even(self._plain(asked, self.candidates))
        direct /= np.maximum(direct.std(1, keepdims=True), 1e-9)
        near = self._plain(asked, self.archive)
        count = near.shape[1]
        if not count:
            return _UNREAD * direct
        best = np.argpartition(-near, min(NEIGHBOURS, count) - 1, axis=1)[:, :NEIGHBOURS]
        values = np.maximum(np.take_along_axis(near, best, 1), 0) ** 2 * self.known[best]
        values /= np.maximum(values.sum(1, keepdims=True), 1e-9)
        found = np.stack([weights @ self.few[rows] for weights, rows in zip(values, best, strict=True)])
        share = np.float32(count / (count + ENOUGH_PAPERS))
        return share * found + (1 - share) * _UNREAD * direct

    def _plain(self, left: Shelf, right: Shelf) -> Floats:
        """A keyword is shorter than a title: the plain cosine, no cube."""
        lexical: Floats = (left.words @ right.words.T).toarray().astype(np.float32, copy=False)
        if left.vectors is None or right.vectors is None:
            return lexical
        return left.vectors @ right.vectors.T + np.float32(0.3) * lexical


def _to_length_1(rows: Floats) -> Floats:
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)


def _unit(table: Floats) -> np.float32:
    """Return the standard deviation, summed up in parts; at least a trifle, so that it may divide."""
    total = squares = 0.0
    for rows in _parts(len(table)):
        total += float(table[rows].sum(dtype=np.float64))
        squares += float(np.vdot(table[rows], table[rows]))
    return _deviation(total, squares, table.size)


def _around(points: Floats, middle: Floats) -> Floats:
    moved: Floats = points - middle * points.any(1, keepdims=True)
    return moved


def _unit_of_product(left: Floats, right: Floats) -> np.float32:
    """Return the standard deviation of `left @ right` without making it, which would be the largest thing here."""
    total = float(left.sum(0, dtype=np.float64) @ right.sum(1, dtype=np.float64))
    squares = float(np.vdot(left.T @ left, right @ right.T))
    return _deviation(total, squares, left.shape[0] * right.shape[1])


def _deviation(total: float, squares: float, count: int) -> np.float32:
    variance = squares / max(count, 1) - (total / max(count, 1)) ** 2
    return np.float32(max(math.sqrt(max(variance, 0)), 1e-9))


def _parts(count: int) -> Iterator[slice]:
    return (slice(start, start + PART) for start in range(0, count, PART))


def _even(table: Floats) -> Floats:
    """Return the rows with mean 0."""
    return table - table.mean(1, keepdims=True) if table.size else table
