"""Which papers are right for one reader, and why: plain values in, plain values out."""

from papers.ranking.scoring import rank, rank_many
from papers.ranking.values import Candidate, Pick, Reason, Taste

__all__ = ["Candidate", "Pick", "Reason", "Taste", "rank", "rank_many"]
