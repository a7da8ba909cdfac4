"""The named reason is the true one: on real readers' slates, without it the paper's score is lower."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from django.conf import settings

from papers.evaluating.dataset import DataSet, Situation, load
from papers.evaluating.rankers import Production
from papers.evaluating.vectors import Kept
from papers.ranking import Candidate, Pick, Ranker, Slate, Taste, Weights, choose
from papers.ranking.affinity import Table, tabulate
from papers.ranking.scoring import score
from papers.vectors import semantic

READERS, ARCHIVE = 25, 2_500
AS_SENT = Weights(explore=False)


@pytest.fixture(scope="module")
def some_slates(shared_data: Path) -> DataSet:
    """The slates of some readers, with the papers they opened and the most read others as archive."""
    whole = load(shared_data / "ranking" / "citeulike-a")
    names = sorted({situation.reader for situation in whole.situations})[:READERS]
    situations = [situation for situation in whole.situations if situation.reader in names]
    reads = Counter(row for reader, rows in whole.history.items() if reader not in names for row in rows)
    opened = {row for situation in situations for row in situation.read}
    archive = list(dict.fromkeys([*sorted(opened), *(row for row, _ in reads.most_common(ARCHIVE))]))[:ARCHIVE]
    cold = sorted({row for situation in situations for row in situation.candidates})
    row_of = {row: number for number, row in enumerate([*archive, *cold])}
    return DataSet(
        texts=[whole.texts[row] for row in row_of],
        history={
            reader: [row_of[row] for row in rows if row in row_of]
            for reader, rows in whole.history.items()
            if reader not in names
        },
        heldout={},
        cold=[row_of[row] for row in cold],
        situations=[
            replace(
                situation,
                read=tuple(row_of[row] for row in situation.read),
                candidates=tuple(row_of[row] for row in situation.candidates),
            )
            for situation in situations
        ],
    )


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["words", "sentences"])
def test_without_the_named_cause_the_score_is_lower_in_95_of_100_picks(some_slates, kind):
    if kind == "sentences" and not semantic.is_available():
        pytest.skip("the extra is not installed")
    vectors = Kept(settings.VAR_DIR / "evaluation").encode if kind == "sentences" else None
    production = Production(some_slates, vectors)
    table = tabulate(production.content, some_slates.reads, encode=production._keywords)
    column_of = {row: column for column, row in enumerate(production.cold)}
    lowered: dict[str, list[bool]] = {}
    for situation in some_slates.situations:
        for reason, is_lower in _trials(some_slates, situation, table, column_of):
            lowered.setdefault(reason, []).append(is_lower)
    every = [is_lower for trials in lowered.values() for is_lower in trials]
    shares = {reason: f"{np.mean(trials):.3f} of {len(trials):,}" for reason, trials in lowered.items()}
    assert len(every) > 1_000
    assert np.mean(every) >= 0.95, shares


def _trials(data: DataSet, situation: Situation, table: Table, column_of: dict[int, int]):
    columns = [column_of[row] for row in situation.candidates]
    part = table.part(range(len(columns)), columns, opened=situation.read)
    candidates = [
        Candidate(number, *data.texts[row], votes=votes)
        for number, (row, votes) in enumerate(zip(situation.candidates, situation.upvotes, strict=True))
    ]
    ranker = Ranker(AS_SENT, part)
    slate = Slate(candidates, ranker)
    titles = {data.texts[row][0]: row for row in situation.read}
    taste = Taste(keywords=situation.follows, opened=dict.fromkeys(situation.read, 1.0))
    for pick in choose(slate, [taste], limits=[10])[0]:
        without = _without(pick, taste, titles)
        if pick.reason.kind == "votes":
            fewer = [replace(one, votes=0) if one.id == pick.id else one for one in candidates]
            after = score(Slate(fewer, ranker), [taste])
        elif without != taste:
            after = score(slate, [without])
        else:
            continue  # simply new: nothing was named
        yield pick.reason.kind, float(after.total[0, pick.id]) < pick.score


def _without(pick: Pick, taste: Taste, titles: dict[str, int]) -> Taste:
    kind, value = pick.reason.kind, pick.reason.value
    if kind in ("keyword", "near"):
        return replace(taste, keywords=tuple(word for word in taste.keywords if word != value))
    if kind == "opened":
        return replace(taste, opened={row: weight for row, weight in taste.opened.items() if row != titles[value]})
    return taste
