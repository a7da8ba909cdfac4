"""What is learned from who opened what: no database here."""

import numpy as np
import scipy.sparse as sp

from papers.ranking import Candidate, Ranker, Taste, Weights, rank
from papers.ranking.affinity import ENOUGH_FOR_A_BRIDGE, Content, Shelf, _lessons, compare, tabulate
from papers.ranking.coreading import axes_of, bridge_of, factors_of
from papers.vectors.lexical import Lexicon

SUBJECTS = ["coral", "engine", "violin", "glacier"]
ARCHIVE = [(f"{SUBJECTS[n % 4]} tale {n}", "") for n in range(80)]
POINTS = np.eye(4, dtype=np.float32)[np.arange(80) % 4]
DAY = [Candidate(100 + n, f"{SUBJECTS[n]} report") for n in range(4)]
RANKER_OF_LIKENESS = Weights(votes=0, explore=False, filler=True, diversity=0)


def who_reads(pairs: list[tuple[int, int]], *, times: int) -> sp.csr_matrix:
    """Each reader opens three papers of the one subject and three of the other."""
    dice = np.random.default_rng(0)
    rows = np.zeros((times * len(pairs), len(ARCHIVE)), np.float32)
    for row, (one, other) in zip(rows, pairs * times, strict=True):
        for subject in (one, other):
            row[subject + 4 * dice.choice(len(ARCHIVE) // 4, 3, replace=False)] = 1
    return sp.csr_matrix(rows)


def content_of(*, vectors: bool) -> Content:
    lexicon = Lexicon.fit(ARCHIVE)
    day = [(one.title, "") for one in DAY]
    archive_points, points = (POINTS, np.eye(4, dtype=np.float32)) if vectors else (None, None)
    return compare(
        Shelf(list(range(80)), [title for title, _ in ARCHIVE], lexicon.encode(ARCHIVE), archive_points),
        Shelf([one.id for one in DAY], [title for title, _ in day], lexicon.encode(day), points),
    )


def test_readers_of_one_subject_get_what_its_readers_also_open():
    reads = who_reads([(0, 2), (1, 3)], times=200)
    assert reads.nnz > ENOUGH_FOR_A_BRIDGE
    for vectors in (False, True):
        ranker = Ranker(RANKER_OF_LIKENESS, tabulate(content_of(vectors=vectors), reads))
        picks = rank(DAY, Taste(opened={0: 1.0}), limit=4, ranker=ranker)
        assert [DAY[pick.id - 100].title for pick in picks][:2] == ["coral report", "violin report"]


def test_the_bridge_leads_to_what_the_same_readers_open_and_no_paper_speaks_for_itself():
    bridge = bridge_of(who_reads([(0, 2), (1, 3)], times=200), POINTS)
    assert bridge[0, 2] > 10 * max(bridge[0, 1], bridge[0, 3])
    # Of six papers a reader opened, two others are of the same subject and three of the other.
    assert bridge[0, 2] > bridge[0, 0] > 0


def test_who_opened_one_paper_only_teaches_no_bridge():
    alone = sp.csr_matrix(np.eye(80, dtype=np.float32))
    assert not bridge_of(alone, POINTS).any()


def test_a_few_reads_build_no_bridge():
    content = content_of(vectors=True)
    few, many = who_reads([(0, 2)], times=20), who_reads([(0, 2)], times=400)
    assert few.nnz < ENOUGH_FOR_A_BRIDGE < many.nnz
    assert [len(_lessons(content, reads)[0]) for reads in (few, many)] == [1, 2]


def test_a_paper_without_a_vector_stands_in_the_middle():
    lexicon = Lexicon.fit(ARCHIVE)
    points = POINTS.copy()
    points[7] = 0
    shelf = Shelf(list(range(80)), [title for title, _ in ARCHIVE], lexicon.encode(ARCHIVE), points)
    archive, _ = compare(shelf, shelf).points
    assert not archive[7].any()
    assert archive[8].any()


def test_papers_without_a_known_word_have_a_table_too():
    silent = [Shelf(list(range(count)), [""] * count, sp.csr_matrix((count, 0), dtype=np.float32)) for count in (80, 4)]
    table = tabulate(compare(*silent), who_reads([(0, 2)], times=400))
    assert table.few.shape == (80, 4)
    assert not table.few.any()


def test_the_factors_are_orthonormal_and_trusted_less_and_less():
    factors, trust = factors_of(who_reads([(0, 2), (1, 3)], times=200))
    assert np.allclose(factors @ factors.T, np.eye(len(factors)), atol=1e-3)
    assert (np.diff(trust) <= 1e-6).all()
    assert 0.5 <= trust.min() <= trust.max() <= 1


def test_the_axes_are_those_of_the_singular_value_decomposition():
    matrix = np.random.default_rng(1).standard_normal((60, 40)).astype(np.float32) * np.linspace(3, 0.1, 40)
    axes, values = axes_of(sp.csr_matrix(matrix, dtype=np.float32), 5)
    right = np.linalg.svd(matrix)[2][:5]
    assert np.allclose(np.abs(axes @ right.T), np.eye(5), atol=0.02)
    assert np.allclose(values, np.linalg.svd(matrix)[1][:5], rtol=1e-3)
