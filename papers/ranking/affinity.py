"""How much having opened one paper speaks for another: a table learned from texts and from what readers open together.

Three sources, all linear, so that each opened paper's share of a score is known:

near    two papers say the same
smooth  the same after kernel ridge regression: what many neighbours say counts once
spread  readers of this paper also opened those, and the new paper is like those
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import scipy.linalg
import scipy.sparse as sp
from numpy.typing import NDArray

Floats = NDArray[np.float32]

# Tuned on held-out papers, see docs/ranking.md.
LEXICAL_SHARE = 0.25
RIDGE_SEMANTIC, RIDGE_LEXICAL = 3.0, 5.0
FACTORS = 256
# So many reads make co-reading worth half of its full weight.
ENOUGH_READS = 5_000
# A keyword speaks through its nearest papers of the archive; with few papers there it speaks for itself.
NEIGHBOURS, ENOUGH_PAPERS = 100, 500
# A keyword's own likeness, in standard deviations, beside that of its neighbours' mean.
_UNREAD = np.float32(0.5)
# Keywords whose rows are kept.
REMEMBERED = 20_000


@dataclass(frozen=True)
class Shelf:
    """Papers (or keywords) with what they say: unit rows of TF-IDF words and, with the extra, of sentence vectors."""

    ids: Sequence[int]
    titles: Sequence[str]
    words: sp.csr_matrix
    vectors: Floats | None = None


def likeness(left: Shelf, right: Shelf) -> Floats:
    """Return how alike the texts are, 0 or more, shape (left, right)."""
    lexical: Floats = (left.words @ right.words.T).toarray().astype(np.float32, copy=False)
    if left.vectors is None or right.vectors is None:
        return lexical
    lexical *= LEXICAL_SHARE
    semantic = left.vectors @ right.vectors.T
    # The cube keeps near neighbours and forgets the many that are a little alike.
    np.maximum(semantic, 0, out=semantic)
    lexical += semantic**3
    return lexical


@dataclass(frozen=True)
class Content:
    """What the texts alone say of the archive (rows) and the candidates (columns)."""

    archive: Shelf
    candidates: Shelf
    near: Floats
    smooth: Floats


def compare(archive: Shelf, candidates: Shelf) -> Content:
    """Solve the kernel ridge regression; time and memory grow with the archive's third and second power."""
    near = likeness(archive, candidates)
    kernel = likeness(archive, archive)
    kernel[np.diag_indices_from(kernel)] += RIDGE_LEXICAL if archive.vectors is None else RIDGE_SEMANTIC
    factor = scipy.linalg.cho_factor(kernel, lower=True, overwrite_a=True, check_finite=False)
    smooth = scipy.linalg.cho_solve(factor, near, check_finite=False)
    return Content(archive, candidates, near, smooth.astype(np.float32, copy=False))


def factors_of(reads: sp.csr_matrix) -> Floats:
    """Return orthonormal rows (factors, papers) that say which papers are opened by the same readers.

    `reads` has a row for each reader and a column for each paper of the archive. Much read papers and busy readers
    count less (square root). Randomised range finder with power iterations (Halko, Martinsson, Tropp 2011)."""
    readers = np.asarray(reads.sum(1)).ravel()
    papers = np.asarray(reads.sum(0)).ravel()
    scaled = sp.diags(1 / np.sqrt(np.maximum(readers, 1))) @ reads @ sp.diags(1 / np.sqrt(np.maximum(papers, 1)))
    scaled = sp.csr_matrix(scaled, dtype=np.float32)
    rank = min(FACTORS, min(scaled.shape) // 2)
    basis = np.random.default_rng(0).standard_normal((scaled.shape[0], rank + 20), dtype=np.float32)
    basis = scaled.T @ basis
    for _ in range(4):
        basis = scaled.T @ (scaled @ np.linalg.qr(basis)[0])
    basis = np.linalg.qr(basis)[0]
    _, _, right = np.linalg.svd(np.linalg.qr(scaled @ basis)[1], full_matrices=False)
    return np.ascontiguousarray((right[:rank] @ basis.T).astype(np.float32))


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
        )


def tabulate(
    content: Content, reads: sp.csr_matrix | None = None, *, encode: Callable[[Sequence[str]], Shelf] | None = None
) -> Table:
    """Return the table of these candidates; `reads` as for `factors_of`; `encode` makes keywords comparable."""
    near, smooth = _scaled(content.near), _scaled(content.smooth)
    share = reads.nnz / (reads.nnz + ENOUGH_READS) if reads is not None and min(reads.shape) > 3 else 0.0
    few, many = near + 0.5 * smooth, smooth.copy()
    if share and reads is not None:
        factors = factors_of(reads)
        spread = _scaled(factors.T @ (factors @ smooth))
        few += 2 * share * spread
        many += 0.5 * share * spread
    few, many = _centred(few), _centred(many)
    archive = content.archive
    row_of = {pk: row for row, pk in enumerate(archive.ids)}
    table = Table(content.candidates.ids, row_of, archive.titles, few, many)
    if encode:
        opened = np.zeros(len(archive.ids)) if reads is None else np.asarray(reads.sum(0)).ravel()
        table.keyword_rows = _Keywords(content, few, opened, encode)
    return table


class _Keywords:
    """A keyword is read as an unseen paper: the archive's papers nearest to it speak for the candidates."""

    def __init__(
        self, content: Content, few: Floats, opened: NDArray[np.float64], encode: Callable[[Sequence[str]], Shelf]
    ) -> None:
        self.content, self.few, self.encode = content, few, encode
        self.known = np.sqrt(1 + opened).astype(np.float32)

        self.found: dict[str, Floats] = {}

    def __call__(self, keywords: Sequence[str]) -> Floats:
        """Return one row a keyword, shape (keywords, candidates)."""
        if len(self.found) > REMEMBERED:
            self.found.clear()
        if new := [word for word in keywords if word not in self.found]:
            self.found |= zip(new, self._rows(new), strict=True)
        return np.stack([self.found[word] for word in keywords])

    def _rows(self, keywords: Sequence[str]) -> Floats:
        asked = self.encode(keywords)
        direct = _centred(self._plain(asked, self.content.candidates))
        near = self._plain(asked, self.content.archive)
        count = near.shape[1]
        if not count:
            return direct
        weights = np.zeros_like(near)
        best = np.argpartition(-near, min(NEIGHBOURS, count) - 1, axis=1)[:, :NEIGHBOURS]
        values = np.maximum(np.take_along_axis(near, best, 1), 0) ** 2 * self.known[best]
        np.put_along_axis(weights, best, values / np.maximum(values.sum(1, keepdims=True), 1e-9), 1)
        share = np.float32(count / (count + ENOUGH_PAPERS))
        # Words alone are a weaker sign of what a keyword is about.
        trust = np.float32(0.5 if asked.vectors is None else 1)
        return trust * (share * (weights @ self.few) + (1 - share) * _UNREAD * direct)

    def _plain(self, left: Shelf, right: Shelf) -> Floats:
        """A keyword is shorter than a title: the plain cosine, no cube."""
        lexical: Floats = (left.words @ right.words.T).toarray().astype(np.float32, copy=False)
        if left.vectors is None or right.vectors is None:
            return lexical
        return left.vectors @ right.vectors.T + np.float32(0.3) * lexical


def _scaled(table: Floats) -> Floats:
    return table / max(float(table.std()), 1e-9)


def _centred(table: Floats) -> Floats:
    return _scaled(_even(table)) if table.size else table


def _even(table: Floats) -> Floats:
    """Return the rows with mean 0."""
    return table - table.mean(1, keepdims=True) if table.size else table
