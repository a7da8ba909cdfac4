"""From scores to picks: the best papers, not all alike, each with the cause that moved it most."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from papers.ranking.scoring import KINDS, PERSONAL, Block, score
from papers.ranking.slate import Ranker, Slate
from papers.ranking.values import Candidate, Floats, Pick, Taste

Places = NDArray[np.intp]

# Scores of one block of readers stay under 4 bytes times this, for each kind of cause.
CELLS = 75_000
# Diversity chooses among the best so many times the limit; a paper further down is no better for being different.
POOL = 3
# From this size on a digest has room for one paper outside the reader's ways; the first three are never touched.
ROOM_TO_EXPLORE = 5
# A new version of a paper that the reader had is no news: it never stands among the first three.
LEADING = 3
# A cause that moved the score less than this would convince nobody; such a paper is simply new. A keyword in the
# abstract is more.
FAINT = 0.05
# A paper is sent for its votes alone when they stand so many standard deviations above the day's; to a reader who said
# what to look for, so many of them: what everybody reads is news, ten of it are somebody else's digest.
POPULAR, MOST_POPULAR = 0.5, 3
# Some likeness to what a reader opened is found in every paper; from here on it is told: one paper in nine is so like a
# chance one. At half of this it was one in four, and most of them had little to do with it.
CONVINCING = 1.0
NONE = -np.inf


def rank(candidates: Sequence[Candidate], taste: Taste, *, limit: int, ranker: Ranker | None = None) -> list[Pick]:
    """Return at most `limit` picks, best first; a muted topic and a paper already seen never appear."""
    return choose(Slate(candidates, ranker or Ranker()), [taste], limits=[limit])[0]


def choose(slate: Slate, tastes: Sequence[Taste], *, limits: Sequence[int]) -> list[list[Pick]]:
    """Return the picks of every taste, in order, from a slate that is kept between calls; equal to `rank` of each."""
    if len(tastes) != len(limits):
        raise ValueError(f"{len(tastes)} tastes but {len(limits)} limits")
    if not len(slate):
        return [[] for _ in tastes]
    size = max(1, CELLS // len(slate))
    picks: list[list[Pick]] = []
    for start in range(0, len(tastes), size):
        picks += _choose(score(slate, tastes[start : start + size]), np.array(limits[start : start + size]))
    return picks


def _choose(block: Block, limits: NDArray[np.int_]) -> list[list[Pick]]:
    most = int(min(max(limits.max(), 0), len(block.slate)))
    if not most:
        return [[] for _ in limits]
    scores = np.where(_wanted(block), block.total, NONE)
    places = _diverse(block, scores, most)
    found = np.minimum((scores > NONE).sum(1), np.minimum(limits, most))
    _keep_from_leading(block, places, found)
    explored = _explore(block, places, found)
    return _picks(block, places, found, explored)


def _wanted(block: Block) -> NDArray[np.bool_]:
    """Return what is eligible, and of what has nothing but its votes the best few."""
    speaks = _speaks(block)
    good = _eligible(block, speaks)
    popular = np.flatnonzero(_is_popular(block.slate))
    if block.slate.weights.filler or len(popular) <= MOST_POPULAR:
        return good
    is_alone = good[:, popular] & ~speaks[:, popular] & block.has_asked[:, None]
    alone = np.where(is_alone, block.total[:, popular], NONE)
    least = np.partition(alone, -MOST_POPULAR, axis=1)[:, -MOST_POPULAR, None]
    good[:, popular] &= ~is_alone | (alone >= least)
    return good


def eligible(block: Block) -> NDArray[np.bool_]:
    """Return which papers are good enough to be sent, shape (readers, candidates)."""
    return _eligible(block, _speaks(block))


def _eligible(block: Block, speaks: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """A reader of unknown taste has no floor: the best of the day is what we can offer.

    Nor does a click cost anybody papers: who asked for nothing gets the rest of the day behind what speaks to them.
    """
    weights = block.slate.weights
    good = block.total >= weights.floor
    if not weights.filler:
        good &= speaks | _is_popular(block.slate) | ~block.has_asked[:, None]
    return block.is_allowed & (good | ~block.is_known[:, None])


def _is_popular(slate: Slate) -> NDArray[np.bool_]:
    is_popular: NDArray[np.bool_] = slate.votes >= max(POPULAR * slate.weights.votes, FAINT)
    return is_popular


def _speaks(block: Block) -> NDArray[np.bool_]:
    """Return whether more than its votes speaks for a paper: a wish, something like what was opened, the editor."""
    terms = block.terms
    speaks = block.is_near | (block.liked >= CONVINCING) | (block.slate.editor >= FAINT)
    for kind in ("topic", "author"):
        speaks |= terms[kind] >= FAINT
    return speaks | (terms["keyword"] > 0)


def _diverse(block: Block, scores: Floats, most: int) -> Places:
    """Return the columns in the order of choice: maximal marginal relevance (Carbonell, Goldstein 1998)."""
    width = len(block.slate)
    order = np.argsort(-scores, axis=1, kind="stable")
    sameness, price = block.slate.sameness, np.float32(block.slate.weights.diversity)
    if sameness is None or not price:
        return order[:, :most]
    pool = order[:, : min(width, max(POOL * most, 30))]
    left = np.take_along_axis(scores, pool, 1)
    likest = np.zeros_like(left)
    chosen = np.empty((len(pool), most), np.intp)
    rows = np.arange(len(pool))
    for place in range(most):
        best = np.argmax(left - price * likest, axis=1)
        chosen[:, place] = pool[rows, best]
        left[rows, best] = NONE
        np.maximum(likest, sameness[chosen[:, place][:, None], pool], out=likest)
    return chosen


def _keep_from_leading(block: Block, places: Places, found: NDArray[np.int_]) -> None:
    """Let other papers have the first places; with too few others a new version does not come at all."""
    for row, updated in block.updated.items():
        chosen = places[row, : found[row]].tolist()
        others = [column for column in chosen if column not in updated]
        rest = [column for column in chosen if column not in others[:LEADING]] if len(others) >= LEADING else []
        order = np.array(others[:LEADING] + rest, np.intp)
        places[row, : len(order)] = order
        found[row] = np.intp(order.size)


def _explore(block: Block, places: Places, found: NDArray[np.int_]) -> NDArray[np.bool_]:
    """Give the last place of a digest to the day's most upvoted paper that nothing in the taste speaks for."""
    slate = block.slate
    is_open = block.is_known & (found >= ROOM_TO_EXPLORE) & slate.weights.explore & (slate.votes.max() > 0)
    rows = np.flatnonzero(is_open)
    if not len(rows):
        return is_open
    personal = sum((block.terms[kind][rows] for kind in PERSONAL), np.zeros(1, np.float32))
    outside = block.is_allowed[rows] & (personal <= 0) & (slate.votes > 0)
    for place in range(places.shape[1]):
        taken = place < found[rows] - 1  # what stands in the last place may be that very paper
        outside[np.flatnonzero(taken), places[rows[taken], place]] = False
    choice = np.argmax(np.where(outside, slate.votes, NONE), axis=1)
    good = outside[np.arange(len(rows)), choice]
    is_open[rows[~good]] = False
    places[rows[good], found[rows[good]] - 1] = choice[good]
    return is_open


def _picks(block: Block, places: Places, found: NDArray[np.int_], explored: NDArray[np.bool_]) -> list[list[Pick]]:
    slate = block.slate
    readers, nth = np.nonzero(np.arange(places.shape[1]) < found[:, None])
    columns = places[readers, nth]
    scores = block.total[readers, columns].tolist()
    reasons = _reasons(block, readers, columns)
    for number in np.flatnonzero(explored[readers] & (nth == found[readers] - 1)):
        reasons[number] = slate.reason("explore", _main_topic(slate.candidates[columns[number]]))
    for reader, updated in block.updated.items():
        reasons[(readers == reader) & np.isin(columns, list(updated))] = slate.reason("update")
    flat = list(map(Pick, np.array(slate.ids)[columns].tolist(), scores, reasons.tolist()))
    ends = np.cumsum(found).tolist()
    return [flat[start:end] for start, end in zip([0, *ends], ends, strict=False)]


def _main_topic(candidate: Candidate) -> str:
    return max(candidate.topics, key=lambda slug: candidate.topics[slug], default="")


def _reasons(block: Block, readers: Places, columns: Places) -> NDArray[np.object_]:
    """Return the largest term of each pick, and within it the largest cause."""
    slate = block.slate
    terms = {kind: block.terms[kind][readers, columns] for kind in PERSONAL}
    # What is no more than a shade of likeness is no reason to name. A keyword that stands in the text is named as
    # such, however soft it speaks after many clicks, and what it brings by likeness is its own too.
    stands, near = terms["keyword"] > 0, np.maximum(terms["near"], 0)
    terms["keyword"] = np.where(stands, np.maximum(terms["keyword"] + near, FAINT), 0)
    terms["near"] = np.where(stands, 0, near * block.is_near[readers, columns])
    liked = block.liked[readers, columns]
    terms["opened"] = liked * (liked >= CONVINCING)
    matrix = np.stack([*terms.values(), slate.votes[columns], slate.editor[columns]])
    largest = matrix.argmax(0)
    largest[matrix.max(0) < FAINT] = len(KINDS)
    reasons = np.full(len(readers), slate.reason("new"), object)
    for number, kind in enumerate(KINDS):
        which = np.flatnonzero(largest == number)
        if len(which):
            causes = _causes(block, kind, readers[which], columns[which])
            reasons[which] = slate.reasons_of(kind, causes)
            if kind == "opened" and block.praised is not None:
                is_liked = np.asarray(block.praised[readers[which], causes]).ravel() > 0
                reasons[which[is_liked]] = slate.reasons_of("liked", causes[is_liked])
    return reasons


def _causes(block: Block, kind: str, readers: Places, columns: Places) -> Places:
    """Return which of the kind's causes (see Slate.reasons_of) counts most for each pick."""
    slate = block.slate
    if kind == "topic":
        return _largest(block.topics, slate.topics, readers, columns)
    if kind == "author":
        return _largest(block.authors, slate.by.matrix, readers, columns)
    if kind in ("keyword", "near"):
        rows = slate.literal.matrix if kind == "keyword" else slate.like.matrix
        return _largest(block.keywords, rows, readers, columns)
    if kind == "opened":
        return _largest_opened(block, readers, columns)
    return columns if kind == "votes" else np.zeros_like(columns)


def _largest(matrix: object, table: Floats, readers: Places, columns: Places) -> Places:
    """Return for each pick the entry of the reader's row with the largest product."""
    entries, weights = _padded(matrix, readers)
    return _best(entries, weights * table[entries, columns[:, None]])


def _largest_opened(block: Block, readers: Places, columns: Places) -> Places:
    entries, weights = _padded(block.opened, readers)
    table, at, many = block.slate.ranker.table, columns[:, None], block.many_share[readers, None]
    assert table is not None  # only a table makes this the largest term
    values = weights * ((1 - many) * table.few[entries, at] + many * table.many[entries, at])
    return _best(entries, np.where(weights < 0, NONE, values))  # unlike what is not wanted: true, and no reason to name


def _best(entries: Places, values: Floats) -> Places:
    best: Places = entries[np.arange(len(entries)), values.argmax(1)]
    return best


def _padded(matrix: object, readers: Places) -> tuple[Places, Floats]:
    """Return the readers' sparse rows as rectangles of entries and weights, weight 0 (first entry) as filling."""
    starts = matrix.indptr[readers]  # type: ignore[attr-defined]
    lengths = matrix.indptr[readers + 1] - starts  # type: ignore[attr-defined]
    steps = np.arange(int(lengths.max()))
    is_there = steps < lengths[:, None]
    at = np.where(is_there, starts[:, None] + steps, starts[:, None])
    entries = matrix.indices[at].astype(np.intp)  # type: ignore[attr-defined]
    return entries, np.where(is_there, matrix.data[at], np.float32(0))  # type: ignore[attr-defined]
