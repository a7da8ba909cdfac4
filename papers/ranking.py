"""Which papers are right for one reader, and why: plain values in, plain values out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Candidate:
    """A paper as the ranker sees it. `topics` maps slugs to confidences in 0..1."""

    id: int
    title: str
    abstract: str = ""
    authors: tuple[str, ...] = ()
    topics: Mapping[str, float] = field(default_factory=dict)
    votes: int = 0
    boost: float = 0.0
    age_days: float = 0.0


@dataclass(frozen=True, slots=True)
class Taste:
    """What a reader likes: all that ranking knows of a reader. `topics` maps slugs to weights -2, -1, 1, 2."""

    topics: Mapping[str, int] = field(default_factory=dict)
    keywords: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reason:
    """The largest true term of a score: `kind` is topic, keyword, author, opened, votes, editor or new."""

    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Pick:
    """One chosen paper."""

    id: int
    score: float
    reason: Reason


def rank(candidates: Sequence[Candidate], taste: Taste, *, limit: int) -> list[Pick]:
    """Return at most `limit` picks, best first; a muted topic never appears."""
    picks = [pick for candidate in candidates if (pick := _score(candidate, taste)) is not None]
    return sorted(picks, key=lambda pick: (-pick.score, pick.id))[:limit]


def _score(candidate: Candidate, taste: Taste) -> Pick | None:
    if any(taste.topics.get(slug) == -2 for slug in candidate.topics):
        return None
    text = f"{candidate.title} {candidate.abstract}".casefold()
    terms: list[tuple[float, Reason]] = [(0.0, Reason("new", ""))]
    terms += [(taste.topics.get(slug, 0) * share, Reason("topic", slug)) for slug, share in candidate.topics.items()]
    terms += [(1.5, Reason("keyword", word)) for word in taste.keywords if word.casefold() in text]
    terms += [(2.0, Reason("author", name)) for name in taste.authors if name in candidate.authors]
    terms.append((candidate.boost, Reason("editor", "")))
    terms.append((candidate.votes / (candidate.votes + 50), Reason("votes", str(candidate.votes))))
    score = sum(term for term, _ in terms) - 0.05 * candidate.age_days
    return Pick(candidate.id, score, max(terms, key=lambda term: term[0])[1])
