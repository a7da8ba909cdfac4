"""A large kernel's equations solved where they lie, in numpy alone.

scipy.linalg does it in half the time, and its import takes 8 MB of every process that ranks; this is done once an hour.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from papers.ranking.values import Floats

# Rows a step: what is beside the kernel in memory is a few copies of so many rows, and nearly all work is products.
STEP = 256


def solve(kernel: Floats, right: Floats) -> None:
    """Overwrite `right`, shape (n, m), with the solution for a symmetric positive definite kernel, which is used up.

    4,000 rows and 400 columns take half a second of one processor. Blocked Cholesky (Golub, Van Loan 2013, 4.2.5)."""
    steps = [slice(start, min(start + STEP, len(kernel))) for start in range(0, len(kernel), STEP)]
    _factor(kernel, steps)
    for rows in steps:
        rest = right[rows] - kernel[rows, : rows.start] @ right[: rows.start]
        right[rows] = np.linalg.solve(kernel[rows, rows], rest)
    for rows in reversed(steps):
        rest = right[rows] - kernel[rows.stop :, rows].T @ right[rows.stop :]
        right[rows] = np.linalg.solve(kernel[rows, rows].T, rest)


def _factor(kernel: Floats, steps: Sequence[slice]) -> None:
    """Put the lower Cholesky factor in the lower blocks; those above stay as they are and are not read."""
    for rows in steps:
        left, below = kernel[rows, : rows.start], kernel[rows.stop :]
        kernel[rows, rows] = np.linalg.cholesky(kernel[rows, rows] - left @ left.T)
        below[:, rows] -= below[:, : rows.start] @ left.T
        below[:, rows] = np.linalg.solve(kernel[rows, rows], below[:, rows].T).T
