"""What is learned from who opened what: papers that go together, and what the readers of one subject read besides."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from papers.ranking.values import Floats

# So many axes are what readers share; past them an axis is more and more a few readers' chance.
SHARED = 256
# Readers are summed up so many at a time: a hundred thousand with a point each would be 150 MB.
READERS_A_PART = 8_192


def factors_of(reads: sp.csr_matrix) -> tuple[Floats, Floats]:
    """Return orthonormal rows (factors, papers) that say which papers are opened by the same readers, and their trust.

    `reads` has a row for each reader and a column for each paper of the archive. Much read papers and busy readers
    count less (square root). Trust falls from 1 over a half at the 256th factor; there are twice as many at most."""
    readers = np.asarray(reads.sum(1)).ravel()
    papers = np.asarray(reads.sum(0)).ravel()
    scaled = sp.diags(1 / np.sqrt(np.maximum(readers, 1))) @ reads @ sp.diags(1 / np.sqrt(np.maximum(papers, 1)))
    factors, lengths = axes_of(sp.csr_matrix(scaled, dtype=np.float32), 2 * SHARED)
    half = lengths[min(SHARED, len(lengths)) - 1]
    return factors, lengths**2 / np.maximum(lengths**2 + half**2, np.float32(1e-12))


def axes_of(matrix: sp.csr_matrix, count: int) -> tuple[Floats, Floats]:
    """Return the first right singular vectors as rows, at most `count`, and their singular values; one at least.

    Randomised range finder with power iterations (Halko, Martinsson, Tropp 2011)."""
    if not min(matrix.shape):
        return np.zeros((1, matrix.shape[1]), np.float32), np.zeros(1, np.float32)
    rank = max(min(count, min(matrix.shape) // 2), 1)
    basis = np.random.default_rng(0).standard_normal((matrix.shape[0], rank + 20), dtype=np.float32)
    basis = matrix.T @ basis
    for _ in range(4):
        basis = matrix.T @ (matrix @ _orthonormal(basis))
    basis = _orthonormal(basis)
    _, values, right = np.linalg.svd(np.linalg.qr(matrix @ basis)[1], full_matrices=False)
    return np.ascontiguousarray((right[:rank] @ basis.T).astype(np.float32)), values[:rank].astype(np.float32)


def _orthonormal(columns: Floats) -> Floats:
    """By way of float64; 4,000 rows and 276 columns take 55 ms."""
    return np.linalg.qr(columns)[0].astype(np.float32)


def bridge_of(reads: sp.csr_matrix, points: Floats) -> Floats:
    """Return the map W, shape (width, width): `mine @ W @ new` says how likely who opened `mine` opens `new`.

    `points` are the papers of the archive, shape (papers, width). W has the least squared error over all readers and
    papers, the reader being the mean of what else was opened, so that no paper speaks for itself; each side's ridge is
    its mean variance along an axis. Who opened one paper only teaches nothing."""
    width = points.shape[1]
    seen, drawn = np.zeros((width, width)), np.zeros((width, width))
    alone = np.zeros(len(points), np.float32)
    for part in _with_company(reads):
        count = np.asarray(part.sum(1), np.float32)
        sums = part @ points
        seen += (sums / count).T @ (sums / count)
        drawn += (sums / (count - 1)).T @ sums
        alone += part.T @ (1 / (count - 1)).ravel()
    drawn -= (points * alone[:, None]).T @ points
    from_readers = np.linalg.solve(_ridged(seen), drawn)
    return np.linalg.solve(_ridged(points.T @ points), from_readers.T).T.astype(np.float32)


def _with_company(reads: sp.csr_matrix) -> Iterator[sp.csr_matrix]:
    """Yield the readers of two papers and more, in parts."""
    rows = np.flatnonzero(np.diff(reads.indptr) > 1)
    for start in range(0, len(rows), READERS_A_PART):
        yield reads[rows[start : start + READERS_A_PART]]


def _ridged(squares: NDArray[np.floating]) -> NDArray[np.float64]:
    width = len(squares)
    return np.asarray(squares + max(float(np.trace(squares)) / width, 1e-9) * np.eye(width), np.float64)
