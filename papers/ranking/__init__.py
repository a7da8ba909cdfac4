"""Which papers are right for one reader, and why: plain values in, plain values out."""

from papers.ranking.choosing import choose, rank
from papers.ranking.slate import Ranker, Slate
from papers.ranking.values import Candidate, Pick, Reason, Taste
from papers.ranking.weights import NonsenseWeights, Weights

__all__ = [
    "Candidate",
    "NonsenseWeights",
    "Pick",
    "Ranker",
    "Reason",
    "Slate",
    "Taste",
    "Weights",
    "choose",
    "rank",
]
