"""One score a paper and reader, and the largest term of it as the reason."""

from __future__ import annotations

from collections.abc import Sequence

from papers.ranking.values import Candidate, Pick, Reason, Taste


def rank(candidates: Sequence[Candidate], taste: Taste, *, limit: int) -> list[Pick]:
    """Return at most `limit` picks, best first; a muted topic and a paper already seen never appear."""
    picks = [pick for candidate in candidates if (pick := _score(candidate, taste)) is not None]
    return sorted(picks, key=lambda pick: (-pick.score, pick.id))[:limit]


def rank_many(candidates: Sequence[Candidate], tastes: Sequence[Taste], *, limits: Sequence[int]) -> list[list[Pick]]:
    """Return the picks of every taste, in order; equal to `rank` of each."""
    return [rank(candidates, taste, limit=limit) for taste, limit in zip(tastes, limits, strict=True)]


def _score(candidate: Candidate, taste: Taste) -> Pick | None:
    if candidate.id in taste.seen or any(taste.topics.get(slug) == -2 for slug in candidate.topics):
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
