"""Which papers each reader of an edition gets."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from django.db.models import Min

from newsletter.experimenting import trial_of
from newsletter.learning import ranker_of
from newsletter.models import Digest, Edition, Placement
from newsletter.models.picks import write_pick
from newsletter.taste import tastes_of
from papers.models import Paper, PaperTopic
from papers.ranking import Candidate, Pick, Reason, Slate, Taste, choose
from papers.vectors import from_bytes

# A weekly reader's newest paper is of today, the oldest of six days ago.
_CANDIDATE_DAYS = 7
# Readers of the same taste get the same papers; so many different choices of an edition are kept (2 kB each), or those
# of the readers at hand when they are more.
_REMEMBERED = 2_000


class Reader(Protocol):
    """What choosing asks of a reader: a Subscriber, or a row with these columns."""

    pk: int
    size: int
    min_papers: int
    wants_quiet_letter: bool


class Choice(NamedTuple):
    """What becomes of a reader's digest: its papers as the row keeps them, or why there are none."""

    picks: str = ""
    topics: int = 0  # that the reader follows
    reason: str = ""
    state: Digest.State = Digest.State.PENDING


class Choosing:
    """The candidates of each edition, read once for as many readers as there are."""

    def __init__(self, *, now: dt.datetime) -> None:
        self.now = now
        self._desks: dict[int, _Desk] = {}

    def choices(self, edition: Edition, readers: Sequence[Any]) -> list[Choice]:
        """Return each reader's choice, in order; one with fewer papers than the reader wants at least has none."""
        if not readers:
            return []
        if edition.pk not in self._desks:
            self._desks[edition.pk] = _Desk(edition, now=self.now)
        desk = self._desks[edition.pk]
        tastes = tastes_of([reader.pk for reader in readers], now=self.now, since=desk.since)
        return desk.choices([(reader, tastes[reader.pk]) for reader in readers])


class _Desk:
    """What the editor and the last days lay before every reader of one edition."""

    def __init__(self, edition: Edition, *, now: dt.datetime) -> None:
        placements = list(edition.placements.filter(paper__is_hidden=False))
        placed = {placement.paper_id for placement in placements}
        self.pins = [placement.paper_id for placement in placements if placement.kind == Placement.Kind.PIN]
        candidates = [candidate for candidate in candidates_of(edition.day) if candidate.id not in placed]
        # No digest from before the first of them came in can hold one: a week is read and not two months of a million.
        papers = Paper.objects.filter(pk__within=placed | {candidate.id for candidate in candidates})
        self.since = papers.aggregate(first=Min("created_at"))["first"]
        self.slate = Slate(candidates, ranker_of(candidates, now=now))
        self.trial = trial_of(self.slate, edition.day, now=now)
        self._versions = {candidate.id: candidate.version for candidate in candidates}
        self._made: dict[tuple, Choice] = {}
        self._lines: dict[tuple[int, str, str, str], str] = {}

    def choices(self, pairs: Sequence[tuple[Reader, Taste]]) -> list[Choice]:
        keys = [(*_key(*pair), self.trial and self.trial.draw(pair[0].pk)) for pair in pairs]
        new = {key: pair for key, pair in zip(keys, pairs, strict=True) if key not in self._made}
        if len(self._made) + len(new) > _REMEMBERED:
            self._made = {key: self._made[key] for key in keys if key not in new}
        tastes, limits = [taste for _, taste in new.values()], [reader.size for reader, _ in new.values()]
        if self.trial:
            chosen = self.trial.choose(tastes, limits=limits, draws=[key[-1] for key in new])
        else:
            chosen = choose(self.slate, tastes, limits=limits)
        for (key, (reader, taste)), picks in zip(new.items(), chosen, strict=True):
            made = self._choice(reader, self._with_pins(picks, taste, reader.size))
            self._made[key] = made._replace(topics=sum(weight > 0 for weight in taste.topics.values()))
        return [self._made[key] for key in keys]

    def _with_pins(self, picks: list[Pick], taste: Taste, size: int) -> list[Pick]:
        pins = [Pick(pk, 0.0, Reason("editor", "")) for pk in self.pins if pk not in taste.seen | taste.updated]
        return (pins + picks)[:size]

    def _choice(self, reader: Reader, picks: list[Pick]) -> Choice:
        """Return the picks; with too few, it is a line that says so or nothing, as the reader wishes."""
        if len(picks) >= max(reader.min_papers, 1):
            return Choice("\n".join(map(self._line, picks)))
        few = f"quiet day: {len(picks)} papers, {reader.min_papers} asked for"
        state = Digest.State.PENDING if reader.wants_quiet_letter else Digest.State.SKIPPED
        return Choice(reason=few if picks else "quiet day: no new papers", state=state)

    def _line(self, pick: Pick) -> str:
        kind, value = pick.reason.kind, pick.reason.value
        key = (pick.id, kind, value, pick.team)
        if key not in self._lines:
            marks = self.trial.mark(pick) if self.trial else {}
            if (version := self._versions.get(pick.id)) is not None:
                marks["version"] = version
            self._lines[key] = write_pick(pick.id, kind, value, marks)
        return self._lines[key]


def _key(reader: Reader, taste: Taste) -> tuple:
    """Return what two readers must share to be given the same papers."""
    liked = (tuple(taste.topics.items()), taste.keywords, taste.authors, tuple(taste.opened.items()), taste.liked)
    return (*liked, taste.seen, taste.updated, reader.size, reader.min_papers, reader.wants_quiet_letter)


def candidates_of(day: dt.date) -> list[Candidate]:
    """Return the published papers of the last seven days up to `day`, as the ranker sees them."""
    first = day - dt.timedelta(days=_CANDIDATE_DAYS - 1)
    papers = Paper.objects.published().featured_between(first, day)
    topics: dict[int, dict[str, float]] = defaultdict(dict)
    links = PaperTopic.objects.filter(paper__in=papers.order_by())
    for pk, slug, confidence in links.values_list("paper", "topic__slug", "confidence"):
        topics[pk][slug] = confidence
    # Rows and not Papers: each worker reads them anew for each edition, and models take four times as long.
    return [_candidate(row, topics[row.pk], day) for row in papers.values_list(*_CANDIDATE, named=True)]


_CANDIDATE = ("pk", "title", "abstract", "authors", "votes", "boost", "arxiv_version", "featured_on", "vector")


def _candidate(row: Any, topics: dict[str, float], day: dt.date) -> Candidate:
    return Candidate(
        id=row.pk,
        title=row.title,
        abstract=row.abstract,
        authors=tuple(row.authors),
        topics=topics,
        votes=row.votes,
        boost=row.boost,
        version=row.arxiv_version,
        age_days=float((day - row.featured_on).days),
        vector=from_bytes(row.vector),
    )
