"""Topics of papers after the taxonomy changed: what would move, and the move itself. A person's choice never moves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from django.db import transaction

from papers.ingestion import assign_topics, the_classifier
from papers.models import Paper, PaperQuerySet, PaperTopic
from papers.topics import Classifier

BATCH = 500
_NEEDED = ("id", "title", "abstract", "keywords", "categories")


@dataclass(slots=True)
class Moves:
    """How many papers were looked at and moved, and how many each topic wins and loses."""

    seen: int = 0
    moved: int = 0
    won: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def note(self, paper: Paper, old: set[str], new: set[str]) -> None:
        """Count one paper; three titles a change are kept to be looked at."""
        self.seen += 1
        self.moved += old != new
        self.won.update(new - old)
        self.lost.update(old - new)
        for change in [*(f"+{slug}" for slug in new - old), *(f"-{slug}" for slug in old - new)]:
            titles = self.examples.setdefault(change, [])
            if len(titles) < 3:
                titles.append(paper.title)


def reclassify(
    papers: PaperQuerySet, *, dry_run: bool = False, on_progress: Callable[[Moves], None] = lambda moves: None
) -> Moves:
    """Give the papers the topics that the classifier finds now; a dry run only tells what would move."""
    classifier, moves = the_classifier(), Moves()
    for batch in _batches(papers):
        moving = list(_moving(batch, classifier, moves))
        if not dry_run:
            with transaction.atomic():
                assign_topics(moving, classifier)
        on_progress(moves)
    return moves


def _batches(papers: PaperQuerySet) -> Iterator[list[Paper]]:
    """Yield the papers by id, so that a long run neither holds them all nor a cursor open."""
    last = 0
    while batch := list(papers.filter(pk__gt=last).only(*_NEEDED).order_by("pk")[:BATCH]):
        yield batch
        last = batch[-1].pk


def _moving(batch: list[Paper], classifier: Classifier, moves: Moves) -> Iterator[Paper]:
    theirs = PaperTopic.objects.filter(paper__in=[paper.pk for paper in batch])
    old: dict[int, set[str]] = {}
    by_person = set()
    for pk, slug, set_by in theirs.values_list("paper", "topic__slug", "set_by"):
        old.setdefault(pk, set()).add(slug)
        if set_by == PaperTopic.SetBy.PERSON:
            by_person.add(pk)
    for paper in batch:
        if paper.pk in by_person:
            moves.seen += 1
            continue
        verdicts = classifier.classify(
            paper.title, paper.abstract, keywords=paper.keywords, categories=paper.categories
        )
        moves.note(paper, old.get(paper.pk, set()), {verdict.slug for verdict in verdicts})
        yield paper
