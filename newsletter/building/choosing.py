"""Which papers each reader of an edition gets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from newsletter.learning import ranker_of
from newsletter.models import Digest, Edition, Placement
from newsletter.taste import tastes_of
from papers.models import Paper
from papers.ranking import Candidate, Pick, Reason, Slate, choose
from papers.vectors import from_bytes
from subscribers.models import Subscriber

# A weekly reader's newest paper is of today, the oldest of six days ago.
_CANDIDATE_DAYS = 7


class Choosing:
    """The candidates of each edition, read once for as many readers as there are."""

    def __init__(self, *, now: dt.datetime) -> None:
        self.now = now
        self._desks: dict[int, _Desk] = {}

    def fill(self, edition: Edition, pairs: Sequence[tuple[Subscriber, Digest]]) -> None:
        """Choose each reader's papers; with too few, it is a line that says so or nothing, as they wish."""
        if not pairs:
            return
        if edition.pk not in self._desks:
            self._desks[edition.pk] = _Desk(edition, now=self.now)
        desk = self._desks[edition.pk]
        tastes = tastes_of([reader.pk for reader, _ in pairs], now=self.now)
        wanted = [tastes[reader.pk] for reader, _ in pairs]
        chosen = choose(desk.slate, wanted, limits=[reader.size for reader, _ in pairs])
        for (reader, digest), taste, picks in zip(pairs, wanted, chosen, strict=True):
            _settle(reader, digest, desk.with_pins(picks, seen=taste.seen, size=reader.size))


class _Desk:
    """What the editor and the last days lay before every reader of one edition."""

    def __init__(self, edition: Edition, *, now: dt.datetime) -> None:
        placements = list(edition.placements.filter(paper__is_hidden=False))
        placed = {placement.paper_id for placement in placements}
        self.pins = [placement.paper_id for placement in placements if placement.kind == Placement.Kind.PIN]
        candidates = [candidate for candidate in candidates_of(edition.day) if candidate.id not in placed]
        self.slate = Slate(candidates, ranker_of(candidates, now=now))

    def with_pins(self, picks: list[Pick], *, seen: frozenset[int], size: int) -> list[Pick]:
        pins = [Pick(pk, 0.0, Reason("editor", "")) for pk in self.pins if pk not in seen]
        return (pins + picks)[:size]


def candidates_of(day: dt.date) -> list[Candidate]:
    """Return the published papers of the last seven days up to `day`, as the ranker sees them."""
    first = day - dt.timedelta(days=_CANDIDATE_DAYS - 1)
    papers = Paper.objects.published().featured_between(first, day).prefetch_related("paper_topics__topic")
    return [_candidate(paper, day) for paper in papers]


def _candidate(paper: Paper, day: dt.date) -> Candidate:
    return Candidate(
        id=paper.pk,
        title=paper.title,
        abstract=paper.abstract,
        authors=tuple(paper.authors),
        topics={link.topic.slug: link.confidence for link in paper.paper_topics.all()},
        votes=paper.votes,
        boost=paper.boost,
        age_days=float((day - paper.featured_on).days),
        vector=from_bytes(paper.vector),
    )


def _settle(reader: Subscriber, digest: Digest, picks: list[Pick]) -> None:
    if len(picks) < max(reader.min_papers, 1):
        few = f"quiet day: {len(picks)} papers, {reader.min_papers} asked for"
        digest.reason = few if picks else "quiet day: no new papers"
        digest.state = Digest.State.PENDING if reader.wants_quiet_letter else Digest.State.SKIPPED
        return
    digest.picks = [
        {"paper": pick.id, "reason": {"kind": pick.reason.kind, "value": pick.reason.value}} for pick in picks
    ]
    digest.state, digest.reason = Digest.State.PENDING, ""
