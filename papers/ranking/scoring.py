"""The terms of the scores of a block of readers: sparse products, so that no reader's row depends on the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from papers.ranking.slate import Slate
from papers.ranking.values import Floats, Taste

MUTED = -2
# The sum over n opened papers grows like n to the 0.88. This lets it grow a little: who opened more is known better,
# and the votes say relatively less.
GROWTH = 0.7
# After so many opened papers the second table counts as much as the first.
HALF_WAY = 10.0
# After so many opened papers a keyword speaks half as loud: by what is near to it, and by standing in the text.
PATIENCE, TEXT_PATIENCE = 6.0, 10.0
PERSONAL = ("topic", "keyword", "near", "author", "opened")
KINDS = (*PERSONAL, "votes", "editor")
Matrix = Any  # scipy.sparse.csr_matrix, which has no types


@dataclass
class Block:
    """Some hundred readers: what they like as sparse rows, and their scores by kind of cause."""

    slate: Slate
    topics: Matrix
    keywords: Matrix
    authors: Matrix
    opened: Matrix
    praised: Matrix  # 1 for what of the opened was upvoted or asked for more of; None when nothing was
    many_share: Floats  # of the second table, one a reader
    opened_gain: Floats
    like_gain: Floats
    keyword_gain: Floats
    terms: dict[str, Floats]
    liked: Floats  # of the term "opened" what the liked papers bring
    total: Floats
    is_allowed: NDArray[np.bool_]
    has_asked: NDArray[np.bool_]  # readers who said what they want
    is_known: NDArray[np.bool_]  # or showed it
    updated: dict[int, frozenset[int]]  # the columns of new versions of papers that a reader had
    is_near: NDArray[np.bool_]  # a keyword of the reader's is near the paper beyond doubt


def score(slate: Slate, tastes: Sequence[Taste]) -> Block:
    """Return every term of every reader's score of every candidate, shape (readers, candidates)."""
    weights = slate.weights
    topics = _rows(slate.topic_row, [taste.topics for taste in tastes])
    keywords = _wishes(slate, [taste.keywords for taste in tastes])
    slate.by.learn(set(chain.from_iterable(taste.authors for taste in tastes)))
    authors = _rows(slate.by.row_of, [dict.fromkeys(taste.authors, 1.0) for taste in tastes])
    row_of = slate.ranker.table.row_of if slate.ranker.table else {}
    opened = _rows(row_of, [taste.opened for taste in tastes])
    count = _row_sums(abs(opened))
    asked = [_has_asked(taste) for taste in tastes]
    block = Block(
        slate=slate,
        topics=topics,
        keywords=keywords,
        authors=authors,
        opened=opened,
        praised=_rows(row_of, liked) if any(liked := [dict.fromkeys(taste.liked, 1.0) for taste in tastes]) else None,
        many_share=count / (count + np.float32(HALF_WAY)),
        opened_gain=weights.opened / np.maximum(count, 1).astype(np.float32) ** np.float32(GROWTH),
        like_gain=_like_gain(slate, keywords, count),
        keyword_gain=(weights.keyword / (1 + count / TEXT_PATIENCE)).astype(np.float32),
        terms={},
        liked=np.zeros((0, 0), np.float32),
        total=np.zeros((len(tastes), len(slate)), np.float32),
        is_allowed=_allowed(slate, topics, tastes),
        has_asked=np.array(asked),
        is_known=np.array([has or bool(taste.opened) for has, taste in zip(asked, tastes, strict=True)]),
        updated={row: _updated(slate, taste) for row, taste in enumerate(tastes) if taste.updated},
        is_near=_near(slate, keywords),
    )
    block.terms = _terms(block)
    block.liked = _liked(block)
    for kind in PERSONAL:
        block.total += block.terms[kind]
    block.total += slate.votes + slate.editor + slate.age
    return block


def _has_asked(taste: Taste) -> bool:
    """Tell whether the reader said what to look for; who only mutes has not."""
    return bool(taste.keywords or taste.authors) or any(weight > 0 for weight in taste.topics.values())


def _terms(block: Block) -> dict[str, Floats]:
    slate, weights = block.slate, block.slate.weights
    literal = _product(block.keywords, slate.literal.matrix, len(slate)) * block.keyword_gain[:, None]
    like = _product(block.keywords, slate.like.matrix, len(slate)) * block.like_gain[:, None]
    return {
        "topic": _product(block.topics, slate.topics, len(slate)) * np.float32(weights.topic),
        "keyword": literal,
        "near": like,
        "author": _product(block.authors, slate.by.matrix, len(slate)) * np.float32(weights.author),
        "opened": _opened(block, block.opened),
    }


def _opened(block: Block, opened: Matrix, rows: Any = slice(None)) -> Floats:
    """Return what these papers say of the candidates to the readers of these rows."""
    table, width = block.slate.ranker.table, len(block.slate)
    if table is None or not opened.nnz:
        return np.zeros((opened.shape[0], width), np.float32)
    gain, share = block.opened_gain[rows], block.many_share[rows]
    few = _product(sp.diags(gain * (1 - share)) @ opened, table.few, width)
    return few + _product(sp.diags(gain * share) @ opened, table.many, width)


def _liked(block: Block) -> Floats:
    """Return the part of "opened" that may be named: not that a paper is unlike those the reader wants less of."""
    opened = block.terms["opened"]
    unwanted = np.flatnonzero(block.opened.data < 0)
    if not len(unwanted):
        return opened
    rows = np.unique(np.searchsorted(block.opened.indptr, unwanted, side="right") - 1)
    less = block.opened[rows]
    less.data = np.minimum(less.data, 0)
    less.eliminate_zeros()
    liked = opened.copy()
    liked[rows] -= np.maximum(_opened(block, less, rows), 0)
    return liked


def _wishes(slate: Slate, keywords: Sequence[Sequence[str]]) -> Matrix:
    asked = set(chain.from_iterable(keywords))
    slate.literal.learn(asked)
    slate.like.learn(asked)
    return _rows(slate.literal.row_of, [dict.fromkeys(words, 1.0) for words in keywords])


def _near(slate: Slate, keywords: Matrix) -> NDArray[np.bool_]:
    """Tell for these readers' own keywords only: what was asked so far is a hundred times as much."""
    asked, places = np.unique(keywords.indices, return_inverse=True)
    own = sp.csr_matrix((keywords.data, places, keywords.indptr), shape=(keywords.shape[0], max(len(asked), 1)))
    return _product(own, slate.near(asked), len(slate)) > 0


def _like_gain(slate: Slate, keywords: Matrix, count: Floats) -> Floats:
    """A stated wish speaks softer the more the reader has shown; several keywords share the voice of one."""
    asked = np.sqrt(np.maximum(_row_sums(keywords), 1))
    return (slate.weights.likeness / asked / (1 + count / PATIENCE)).astype(np.float32)


def _allowed(slate: Slate, topics: Matrix, tastes: Sequence[Taste]) -> NDArray[np.bool_]:
    muted = topics.copy()
    muted.data = (muted.data == MUTED).astype(np.float32)
    allowed = _product(muted, (slate.topics > 0).astype(np.float32), len(slate)) == 0
    for row, taste in zip(allowed, tastes, strict=True):
        if taste.seen:
            row[[slate.column_of[pk] for pk in taste.seen if pk in slate.column_of]] = False
    return allowed


def _updated(slate: Slate, taste: Taste) -> frozenset[int]:
    return frozenset(slate.column_of[pk] for pk in taste.updated if pk in slate.column_of)


def _rows(row_of: Mapping[Any, int], likings: Sequence[Mapping[Any, float]]) -> Matrix:
    """Return one sparse row a reader; what the slate does not know is left out."""
    lengths = np.fromiter(map(len, likings), np.intp, len(likings))
    indices = np.fromiter((row_of.get(key, -1) for key in chain.from_iterable(likings)), np.intp, int(lengths.sum()))
    values = np.fromiter(chain.from_iterable(liking.values() for liking in likings), np.float32, len(indices))
    is_there = indices >= 0
    known = np.concatenate([[0], np.cumsum(is_there)])
    ends = known[np.concatenate([[0], np.cumsum(lengths)])]
    return sp.csr_matrix((values[is_there], indices[is_there], ends), shape=(len(likings), max(len(row_of), 1)))


def _row_sums(matrix: Matrix) -> Floats:
    return np.asarray(matrix.sum(1), np.float32).ravel()


def _product(left: Matrix, right: Floats, width: int) -> Floats:
    if not left.nnz:
        return np.zeros((left.shape[0], width), np.float32)
    product: Floats = sp.csr_matrix(left, dtype=np.float32) @ right
    return product
