"""The equations of a kernel, solved in place."""

import numpy as np
import pytest

from papers.ranking.ridge import STEP, solve


@pytest.mark.parametrize("size", [0, 1, STEP - 1, STEP, 2 * STEP + 7])
def test_a_kernel_times_its_solution_is_the_right_side(size):
    dice = np.random.default_rng(size)
    points = dice.standard_normal((size, 30), dtype=np.float32)
    kernel = points @ points.T / 30 + 3 * np.eye(size, dtype=np.float32)
    right = dice.standard_normal((size, 5), dtype=np.float32)
    solution = right.copy()
    solve(kernel.copy(), solution)
    assert solution.dtype == np.float32
    np.testing.assert_allclose(kernel @ solution, right, atol=1e-5)
