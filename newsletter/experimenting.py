"""Two sets of weights on the same readers: who takes part, who chose which paper, what the clicks say, when to stop.

Both sets choose every digest of the experiment together (team-draft interleaving), so each reader compares them on the
same day, and the better one shows with a tenth of the readers that two separate groups would need."""

from __future__ import annotations

import datetime as dt
import math
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from newsletter.models import Event, Experiment
from newsletter.taste import MAY_BE_LEARNED
from papers.ranking import Pick, Ranker, Slate, Taste, Weights, choose
from papers.ranking.drafting import CHALLENGER, CONTROL, draft
from subscribers.models import Subscriber

# So many orders of choosing a day, half of them the others reversed: readers of one taste and draw share a digest.
DRAWS = 16
# A harm this unlikely to be chance stops the experiment. It is looked at every hour, so some stops will be false;
# they cost an experiment, not a reader.
ALARM = 0.01
# Below this the clicks are said to tell the two apart.
CONVINCED = 0.05


class Trial:
    """One running experiment on one day's candidates."""

    def __init__(self, experiment: Experiment, slate: Slate, day: dt.date) -> None:
        self.experiment, self.day, self.slate = experiment, day, slate
        self.control = _slate_with(experiment.control, slate)
        self.challenger = _slate_with(experiment.challenger, slate)

    def draw(self, reader: int) -> int | None:
        """Return which of the draws is this reader's today; None for a reader who takes no part."""
        if not takes_part(self.experiment, reader):
            return None
        return int(_chance(f"{self.experiment.pk}:{self.day}:{reader}") * DRAWS)

    def choose(
        self, tastes: Sequence[Taste], *, limits: Sequence[int], draws: Sequence[int | None]
    ) -> list[list[Pick]]:
        """Return each reader's papers; those of readers with a draw know the team that chose them."""
        chosen = choose(self.slate, tastes, limits=limits)
        inside = {place: draw for place, draw in enumerate(draws) if draw is not None}
        theirs = [tastes[place] for place in inside], [limits[place] for place in inside]
        control = choose(self.control, theirs[0], limits=theirs[1])
        challenger = choose(self.challenger, theirs[0], limits=theirs[1])
        for (place, draw), one, other in zip(inside.items(), control, challenger, strict=True):
            chosen[place] = draft(one, other, limit=limits[place], coins=self._coins(draw))
        return chosen

    def mark(self, pick: Pick) -> dict[str, Any]:
        """Return what a digest keeps of a pick beside the paper and the reason."""
        return {"experiment": self.experiment.pk, "team": pick.team} if pick.team else {}

    def _coins(self, number: int) -> Iterator[bool]:
        """Yield who begins each round; draws 2n and 2n + 1 are each other's opposite, which keeps the teams level."""
        coin = random.Random(f"{self.experiment.pk}:{self.day}:{number // 2}")  # noqa: S311 (no secret)
        while True:
            yield (coin.random() < 0.5) != bool(number % 2)


def _slate_with(weights: dict[str, Any], slate: Slate) -> Slate:
    return Slate(slate.candidates, Ranker(Weights(**weights), slate.ranker.table))


def trial_of(slate: Slate, day: dt.date, *, now: dt.datetime) -> Trial | None:
    """Return the experiment that runs now, made ready for this day's candidates; None when there is none."""
    experiment = Experiment.objects.running(now=now).first()
    return Trial(experiment, slate, day) if experiment else None


def takes_part(experiment: Experiment, reader: int) -> bool:
    """Return whether a reader is in the experiment: the same answer on every day, and another in the next one."""
    return _chance(f"{experiment.pk}:{reader}") < experiment.share


def _chance(text: str) -> float:
    return int.from_bytes(blake2b(text.encode(), digest_size=7).digest()) / 2**56


@dataclass(frozen=True)
class Report:
    """What the readers of an experiment did. Clicks and likes count once a paper and digest, for the team it is of."""

    liked: Counter[str] = field(default_factory=Counter)  # by team
    disliked: Counter[str] = field(default_factory=Counter)  # "less like this", by team
    preferring: Counter[str] = field(default_factory=Counter)  # readers, by the team they liked more of
    leavers: int = 0  # of all readers since the start
    leavers_inside: int = 0  # of them, those who take part
    share: float = 0.1

    @property
    def chance(self) -> float:
        """The two-sided sign test over readers: how likely so uneven a split is when both are equally good."""
        one, other = self.preferring[CONTROL], self.preferring[CHALLENGER]
        return min(1.0, 2 * at_least(max(one, other), one + other, 0.5)) if one + other else 1.0

    @property
    def winner(self) -> str:
        """Return the team that readers prefer; "" while chance would do."""
        if self.chance >= CONVINCED:
            return ""
        return max((CONTROL, CHALLENGER), key=self.preferring.__getitem__)

    @property
    def alarm(self) -> str:
        """Return the harm that speaks against going on; "" while there is none."""
        bad, good = self.disliked[CHALLENGER], self.disliked[CONTROL]
        if at_least(bad, bad + good, 0.5) < ALARM:
            return f"“less like this”: {bad} for the challenger's papers, {good} for the others"
        if at_least(self.leavers_inside, self.leavers, self.share) < ALARM:
            return f"{self.leavers_inside} of {self.leavers} who left took part, at a share of {self.share:.0%}"
        return ""


def keep_report(experiment: Experiment) -> None:
    """Have a stopped experiment keep its account as it is now."""
    experiment.counted = vars(report_of(experiment))
    experiment.save(update_fields=["counted"])


def report_of(experiment: Experiment) -> Report:
    """Return the account of an experiment from its start to its end, or to now."""
    if experiment.started_at is None:
        return Report(share=experiment.share)
    if experiment.counted:
        kept = experiment.counted
        counters: dict[str, Any] = {name: Counter(kept[name]) for name in ("liked", "disliked", "preferring")}
        return Report(**kept | counters)
    liked, disliked, balance = Counter[str](), Counter[str](), Counter[int]()
    counted = set()
    for reader, kind, digest, paper, picks in _signs(experiment):
        team = _team(experiment, picks, paper)
        is_liked = kind != Event.Kind.LESS
        if not team or (digest, paper, is_liked) in counted:
            continue
        counted.add((digest, paper, is_liked))
        (liked if is_liked else disliked)[team] += 1
        if is_liked:
            balance[reader] += 1 if team == CHALLENGER else -1
    preferring = Counter(CHALLENGER if more > 0 else CONTROL for more in balance.values() if more)
    inside = [takes_part(experiment, reader) for reader in _leavers(experiment)]
    return Report(liked, disliked, preferring, len(inside), sum(inside), experiment.share)


def guard(*, now: dt.datetime) -> bool:
    """Stop the running experiment when its time is over or its readers are worse off; return whether it did."""
    for experiment in Experiment.objects.filter(state=Experiment.State.RUNNING):
        is_over = experiment.ends_at is not None and experiment.ends_at <= now
        because = "its time was over" if is_over else report_of(experiment).alarm
        if because:
            return experiment.stop(because, now=now)
    return False


def at_least(successes: int, trials: int, chance: float) -> float:
    """Return how likely so many successes or more are (binomial, exact)."""
    if successes <= 0 or chance >= 1:
        return 1.0
    yes, no = math.log(chance), math.log1p(-chance)
    logs = (
        math.lgamma(trials + 1) - math.lgamma(k + 1) - math.lgamma(trials - k + 1) + k * yes + (trials - k) * no
        for k in range(successes, trials + 1)
    )
    return min(1.0, math.fsum(map(math.exp, logs)))


def _signs(experiment: Experiment) -> Iterator[tuple[int, str, int, int, list]]:
    events = Event.objects.filter(MAY_BE_LEARNED, paper__isnull=False, digest__created_at__gte=experiment.started_at)
    columns: Any = ("subscriber", "kind", "digest", "paper", "digest__picks")
    return events.order_by("pk").values_list(*columns).iterator()


def _team(experiment: Experiment, picks: Sequence[dict], paper: int) -> str:
    mine = (pick for pick in picks if pick["paper"] == paper and pick.get("experiment") == experiment.pk)
    return next((pick["team"] for pick in mine), "")


def _leavers(experiment: Experiment) -> list[int]:
    """Return who left or complained while it ran, whether they took part or not; a dead mailbox is no opinion."""
    until = experiment.stopped_at or dt.datetime.max.replace(tzinfo=dt.UTC)
    left = Subscriber.objects.filter(left_at__range=(experiment.started_at, until))
    left = left.exclude(state=Subscriber.State.UNREACHABLE)
    return list(left.values_list("pk", flat=True))
