"""Which papers are rising: a score whose terms a reader can be told. No Django, no clock."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# The score halves every two days, so yesterday's best still stands beside today's good.
HALF_LIFE_DAYS = 2.0
# Standing among the day's papers decides, growth and stars only shift it.
STANDING, VELOCITY, STARS, CODE = 1.0, 0.5, 0.25, 0.1
# Ours are few and come from those who got the paper by mail, so they shift a score and never carry it.
READERS = 0.25


@dataclass(frozen=True, slots=True)
class Rising:
    """A paper as trending sees it: `votes_per_day` over the last day or two, `boost` from the editor."""

    id: int
    votes: int
    age_days: float
    votes_per_day: float = 0.0
    stars: int = 0
    reader_votes: int = 0
    has_code: bool = False
    boost: float = 0.0


def percentiles(votes: Sequence[int]) -> Mapping[int, float]:
    """Return for each number of votes the share of the day's papers that it beats or equals by half, 0..1.

    Raw votes compare days and fields that do not compare: 40 votes are little on one day and the best on another.
    """
    ordered = sorted(votes)
    total = len(ordered) or 1
    return {vote: (bisect_left(ordered, vote) + bisect_right(ordered, vote)) / 2 / total for vote in set(ordered)}


def score(paper: Rising, standing: float) -> float:
    """Return the trending score; `standing` is the paper's percentile among the papers of its day."""
    merit = STANDING * standing + VELOCITY * _flat(paper.votes_per_day, 10) + STARS * _flat(paper.stars, 200)
    merit += READERS * _flat(paper.reader_votes, 10)
    merit += CODE * paper.has_code + paper.boost
    return merit * 0.5 ** (max(paper.age_days, 0.0) / HALF_LIFE_DAYS)


def _flat(value: float, half: float) -> float:
    """Return 0..1, one half at `half`: the first ten votes say more than the next hundred."""
    return value / (value + half) if value > 0 and math.isfinite(value) else 0.0
