"""How much each cause counts: the numbers an editor may turn."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass


class NonsenseWeights(ValueError):
    """A weight outside its range; the message names it and the range."""


@dataclass(frozen=True, slots=True)
class Weights:
    """A followed topic outweighs any likely votes. `docs/ranking.md` says how the defaults were found."""

    topic: float = 2.0  # a followed topic that the paper carries with full confidence; "more" counts double
    keyword: float = 0.15  # the reader's keyword stands in the title; louder when few papers have it
    likeness: float = 1.0  # papers about what the keyword is about, whatever their words
    author: float = 2.5
    opened: float = 0.8  # likeness to what the reader opened
    votes: float = 0.4  # a paper one standard deviation above the day's votes (of their logarithm)
    age: float = 0.05  # taken away for each day
    diversity: float = 0.15  # taken away for being like a paper chosen already
    floor: float = -1.0  # a paper below it is not sent to a reader whose taste we know
    filler: bool = False  # papers that nothing speaks for, where good ones are few
    explore: bool = True  # one paper outside the reader's ways, marked, at the end

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            low = -10.0 if name == "floor" else 0.0
            if not isinstance(value, bool) and not (math.isfinite(value) and low <= value <= 10):
                raise NonsenseWeights(f"The weight “{name}” is {value}; it must be a number from {low:g} to 10.")
