"""The plain values that ranking takes and gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.floating]
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A paper as the ranker sees it. `topics` maps slugs to confidences in 0..1; `vector` has length 1."""

    id: int
    title: str
    abstract: str = ""
    authors: tuple[str, ...] = ()
    topics: Mapping[str, float] = field(default_factory=dict)
    votes: int = 0
    boost: float = 0.0
    version: int | None = None
    age_days: float = 0.0
    vector: Vector | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Taste:
    """What a reader likes: all that ranking knows of a reader.

    `topics` maps slugs to weights -2, -1, 1, 2. `opened` maps the papers the reader opened, or asked for more of, to
    weights in 0..1 that fade with time; a negative weight is "less like this". `liked` are those of them that the
    reader upvoted or asked for more of, which only changes what they are called. `seen` are papers already sent,
    `updated` those sent in an earlier version: they may come again, but never lead."""

    topics: Mapping[str, int] = field(default_factory=dict)
    keywords: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    opened: Mapping[int, float] = field(default_factory=dict)
    liked: frozenset[int] = frozenset()
    seen: frozenset[int] = frozenset()
    updated: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Reason:
    """The largest true term of a score: `kind` is topic, keyword (it stands in the text), near (to a keyword), author,
    opened, liked, votes, editor, new, explore or update."""

    kind: str
    value: str


class Pick(NamedTuple):
    """One chosen paper. A tuple, because ten million of them are made for a million readers."""

    id: int
    score: float
    reason: Reason
    team: str = ""  # in an experiment: whose weights chose it
