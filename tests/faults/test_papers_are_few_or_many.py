"""The day brings no paper, one, or five thousand."""

import pytest

from tests.faults.arena import Arena

pytestmark = pytest.mark.faults


@pytest.mark.parametrize("papers", [0, 1, 5000])
def test_an_edition_of_few_or_many_papers(database, tmp_path, seed, papers):
    """F40: who gets nothing has a row that says why; nobody gets an empty letter or two."""
    with Arena(tmp_path, database, readers=100, seed=seed, options=(papers,)) as arena:
        assert arena.start("--once").wait(timeout=240) == 0
        arena.verdict().demand(most_doubled=0)
        if papers == 0:
            assert not arena.sink.recipients
        if papers == 5000:
            assert arena.states() == {"sent": 100}
