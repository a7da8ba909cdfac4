"""Why each candidate came where it did for one reader, and why the others fell out."""

from __future__ import annotations

from dataclasses import dataclass

from papers.ranking.choosing import choose, eligible
from papers.ranking.scoring import PERSONAL, score
from papers.ranking.slate import Slate
from papers.ranking.values import Pick, Taste

PICKED, MUTED, SEEN, BELOW, BEATEN = "picked", "muted", "seen", "below", "beaten"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One candidate: its place when picked, its fate, its score and the terms that make it."""

    id: int
    fate: str
    score: float
    terms: dict[str, float]
    place: int | None = None
    pick: Pick | None = None


def explain(slate: Slate, taste: Taste, *, limit: int) -> list[Verdict]:
    """Return a verdict on every candidate: the picks in their order, then the rest by score."""
    block = score(slate, [taste])
    good = eligible(block)[0]
    picks = {pick.id: (place, pick) for place, pick in enumerate(choose(slate, [taste], limits=[limit])[0], 1)}
    verdicts = []
    for column, pk in enumerate(slate.ids):
        terms = {kind: float(block.terms[kind][0, column]) for kind in PERSONAL}
        terms |= {"votes": float(slate.votes[column]), "editor": float(slate.editor[column])}
        terms["age"] = float(slate.age[column])
        place, pick = picks.get(pk, (None, None))
        total = float(block.total[0, column])
        fate = (
            PICKED
            if pick
            else _fate(taste, pk, is_allowed=bool(block.is_allowed[0, column]), is_good=bool(good[column]))
        )
        verdicts.append(Verdict(pk, fate, total, terms, place, pick))
    return sorted(verdicts, key=lambda verdict: (verdict.place or len(slate) + 1, -verdict.score, verdict.id))


def _fate(taste: Taste, pk: int, *, is_allowed: bool, is_good: bool) -> str:
    if pk in taste.seen:
        return SEEN
    if not is_allowed:
        return MUTED
    return BELOW if not is_good else BEATEN
