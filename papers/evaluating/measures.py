"""Recall, precision and normalised discounted cumulative gain of rankings."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from statistics import fmean

import numpy as np

DEPTH = 100
DISCOUNT = 1 / np.log2(np.arange(2, DEPTH + 2))
IDEAL = np.concatenate([[0.0], DISCOUNT.cumsum()])


def of_heldout(ranked: Sequence[int], relevant: Collection[int]) -> dict[str, float]:
    """Return the measures of one reader's ranking, best first, for all reads that were kept back."""
    hits = _hits(ranked, relevant)
    recall = {f"recall@{k}": float(hits[:k].sum() / len(relevant)) for k in (20, 50, 100)}
    return (
        recall | {f"ndcg@{k}": _ndcg(hits, relevant, k) for k in (10, 20)} | {"precision@20": float(hits[:20].mean())}
    )


def of_slate(ranked: Sequence[int], relevant: Collection[int]) -> dict[str, float]:
    """Return the measures of one digest of ten."""
    hits = _hits(ranked, relevant)
    return {"ndcg@10": _ndcg(hits, relevant, 10), "p@10": float(hits[:10].mean()), "hit@10": float(hits[:10].any())}


def mean(rows: Sequence[dict[str, float]]) -> dict[str, float]:
    """Return the mean of each measure, four digits."""
    return {name: round(fmean(row[name] for row in rows), 4) for name in rows[0]}


def _hits(ranked: Sequence[int], relevant: Collection[int]) -> np.ndarray:
    wanted = set(relevant)
    hits = np.zeros(DEPTH)
    for place, paper in enumerate(ranked[:DEPTH]):
        hits[place] = paper in wanted
    return hits


def _ndcg(hits: np.ndarray, relevant: Collection[int], k: int) -> float:
    return float((hits[:k] * DISCOUNT[:k]).sum() / IDEAL[min(k, len(set(relevant)))])
