"""What the ranker would do, before it does: one reader's papers with their causes, one paper's readers."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass

from newsletter.building.choosing import candidates_of
from newsletter.learning import ranker_of
from newsletter.taste import tastes_of
from papers.models import Paper
from papers.ranking import Slate, Taste, choose
from papers.ranking.explaining import Verdict, explain
from subscribers.models import Subscriber

# So many readers are asked, drawn evenly over all; more would make the editor wait and change no percentage.
ASKED = 2_000


@dataclass(frozen=True)
class Audience:
    """Who would get a paper: of so many readers asked, and for which causes."""

    asked: int
    readers: int
    active: int
    reasons: list[tuple[str, int]]

    @property
    def expected(self) -> int:
        """How many of all active readers that would be."""
        return round(self.active * self.readers / self.asked) if self.asked else 0


def papers_of(taste: Taste, day: dt.date, *, limit: int, now: dt.datetime) -> list[tuple[Paper, Verdict]]:
    """Return every candidate of the day with the verdict on it, the picks first."""
    verdicts = explain(_slate(day, now=now), taste, limit=limit)
    papers = Paper.objects.defer("vector").in_bulk([verdict.id for verdict in verdicts])
    return [(papers[verdict.id], verdict) for verdict in verdicts]


def readers_of(paper: Paper, day: dt.date, *, now: dt.datetime) -> Audience:
    """Return who of the active readers would get this paper on that day."""
    slate = _slate(day, now=now)
    active = Subscriber.objects.active()
    total = active.count()
    step = max(total // ASKED, 1)
    sizes = dict(active.order_by("pk").values_list("pk", "size")[::step][:ASKED])
    tastes = tastes_of(list(sizes), now=now)
    chosen = choose(slate, [tastes[pk] for pk in sizes], limits=list(sizes.values()))
    reasons = Counter(pick.reason.kind for picks in chosen for pick in picks if pick.id == paper.pk)
    return Audience(len(sizes), reasons.total(), total, reasons.most_common())


def _slate(day: dt.date, *, now: dt.datetime) -> Slate:
    candidates = candidates_of(day)
    return Slate(candidates, ranker_of(candidates, now=now))
