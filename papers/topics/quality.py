"""How well topics are found, against labels given by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Label:
    """What a person says of one paper: its topics, and further ones that a reader would accept."""

    arxiv_id: str
    topics: frozenset[str]
    accepted: frozenset[str] = frozenset()

    def misses(self, found: Sequence[str]) -> str:
        """Say what was found wrongly and what was not found, in one line; "" when all is well."""
        wrong = sorted(set(found) - self.topics - self.accepted)
        absent = sorted(self.topics - set(found))
        return " ".join([*(f"+{slug}" for slug in wrong), *(f"-{slug}" for slug in absent)])


@dataclass(slots=True)
class Score:
    """The counts of one topic and what follows from them."""

    right: int = 0
    wrong: int = 0
    absent: int = 0

    @property
    def wanted(self) -> int:
        return self.right + self.absent

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 0.0

    @property
    def recall(self) -> float:
        return self.right / self.wanted if self.wanted else 0.0

    @property
    def f1(self) -> float:
        return 2 * self.right / (2 * self.right + self.wrong + self.absent) if self.right else 0.0


@dataclass(frozen=True, slots=True)
class Figures:
    """The scores of all topics that were wanted at least once."""

    by_topic: dict[str, Score]

    @property
    def macro_f1(self) -> float:
        scores = [score.f1 for score in self.by_topic.values() if score.wanted]
        return sum(scores) / len(scores) if scores else 0.0

    @property
    def micro_f1(self) -> float:
        right = sum(score.right for score in self.by_topic.values())
        missed = sum(score.wrong + score.absent for score in self.by_topic.values())
        return 2 * right / (2 * right + missed) if right else 0.0


def read_labels(text: str) -> list[Label]:
    """Return the labels of a file: one paper a line, arXiv id, topics, a stroke, accepted topics; # begins a remark."""
    labels = []
    for row in text.splitlines():
        if row.strip() and not row.startswith("#"):
            must, _, may = row.partition("/") if " / " in row else (row, "", "")
            arxiv_id, *topics = must.split()
            labels.append(Label(arxiv_id, frozenset(topics), frozenset(may.split())))
    return labels


def measure(labels: Sequence[Label], found: Mapping[str, Sequence[str]], *, is_strict: bool = False) -> Figures:
    """Compare labels with what was found; an accepted topic is neither right nor wrong, or wrong when strict."""
    slugs = sorted({slug for label in labels for slug in label.topics})
    by_topic = {slug: Score() for slug in slugs}
    for label in labels:
        got = set(found.get(label.arxiv_id, ()))
        for slug, score in by_topic.items():
            if slug in label.topics:
                score.right += slug in got
                score.absent += slug not in got
            elif slug in got and (is_strict or slug not in label.accepted):
                score.wrong += 1
    return Figures(by_topic)
