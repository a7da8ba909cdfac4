"""Measure what one reader's letter costs."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import os
import platform
import random
import statistics
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from newsletter.rendering import EditionContents, Issue, Item, PaperContents, Press
from newsletter.rendering.plate import card_of, card_shapes, plate_of, sides
from newsletter.rendering.reference import reference
from papers.management import arguments
from papers.ranking import Reason

_PAPERS, _PICKED, _ROUNDS = 200, 10, 5
_TOPICS = ("Vision", "Language models", "Retrieval", "Robotics", "Audio", "Theory", "Health", "Graphs")
_WORDS = """we study how a small model learns from few examples and what it keeps when the data shift between domains
results on five benchmarks show gains in accuracy at lower cost while the method stays simple to train""".split()  # noqa: SIM905


class Command(BaseCommand):
    help = "Measure the CPU time of one complete letter (HTML, text, headers, as bytes), beside Django's own way."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--letters", type=arguments.count, default=2000, help="letters in a round (default 2000)")
        parser.add_argument("--json", action="store_true", help="print one line of JSON only")

    def handle(self, *args: Any, **options: Any) -> None:
        result = measure(options["letters"], now=timezone.now())
        if options["json"]:
            self.stdout.write(json.dumps(result))
            return
        self.stdout.write(
            f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {dt.date.today()}\n"  # noqa: DTZ011
            f"edition of {_PAPERS} papers, {_PICKED} a letter, links counted; CPU time, median of {_ROUNDS} rounds\n"
            f"  one letter, from warm plates      {result['letter_us']:8.1f} µs   ({options['letters']} letters)\n"
            f"  the same, Django and the stdlib   {result['reference_us']:8.1f} µs   "
            f"({result['reference_us'] / result['letter_us']:.0f} times as much)\n"
            f"  an edition, cold                  {result['edition_s']:8.3f} s\n"
            f"  HTML {result['html_bytes']:,} bytes, whole mail {result['mail_bytes']:,} bytes (mean)"
        )


def measure(letters: int, *, now: dt.datetime) -> dict[str, float]:
    """Return letter_us, reference_us, edition_s (CPU) and the mean sizes in bytes."""
    dice = random.Random(1)  # noqa: S311 (the same edition at each run)
    papers = [_paper(number, dice, now.date()) for number in range(1, _PAPERS + 1)]
    edition = EditionContents(now.date(), total=_PAPERS, headlines=tuple(papers[:30]))
    # As preparing makes them: one item for a paper and a reason, shared by all whom it is chosen for.
    items = [[Item(paper, Reason("topic", topic)) for topic in paper.topics] for paper in papers]
    issues = [_issue(number, items, dice) for number in range(1, letters + 1)]
    edition_s, press = _cold_edition(edition, items, now)
    sample = [press.letter(issue) for issue in issues[:100]]
    rounds = [(_cost(_whole(press), issues), _cost(_reference(press), issues[:20])) for _ in range(_ROUNDS)]
    return {
        "letter_us": round(statistics.median(ours for ours, _ in rounds), 1),
        "reference_us": round(statistics.median(theirs for _, theirs in rounds), 1),
        "edition_s": round(edition_s, 4),
        "html_bytes": round(statistics.mean(len(letter.html.encode()) for letter in sample)),
        "mail_bytes": round(statistics.mean(len(letter.wire) for letter in sample)),
    }


def _cold_edition(edition: EditionContents, items: list[list[Item]], now: dt.datetime) -> tuple[float, Press]:
    for kept in (sides, plate_of, card_of, card_shapes):
        kept.cache_clear()
    started = time.process_time()
    press = Press(edition, now=now)
    everything = tuple(itertools.chain.from_iterable(items))
    assert press.letter(Issue(0, "a@example.org", 0, items=everything, is_tracked=True)).wire
    return time.process_time() - started, press


def _whole(press: Press):
    return lambda issue: press.letter(issue).wire


def _reference(press: Press):
    return lambda issue: reference(press, issue).message().as_bytes()


def _cost(make, issues: list[Issue]) -> float:
    started = time.process_time()
    for issue in issues:
        make(issue)
    return (time.process_time() - started) / len(issues) * 1e6


def _paper(number: int, dice: random.Random, day: dt.date) -> PaperContents:
    abstract = " ".join(" ".join(dice.choices(_WORDS, k=15)).capitalize() + "." for _ in range(4))
    return PaperContents(
        id=number,
        title=f"Model{number}: {' '.join(dice.choices(_WORDS, k=9))}",
        url=f"https://papers.example/abs/2611.{number:05}",
        abstract=abstract,
        authors=tuple(f"Author Number{dice.randrange(999)}" for _ in range(dice.randint(1, 9))),
        topics=tuple(dice.sample(_TOPICS, 3)),
        pdf_url=f"https://papers.example/pdf/2611.{number:05}",
        code_url=f"https://code.example/{number}" if number % 2 else "",
        votes=dice.randrange(200),
        day=day,
    )


def _issue(number: int, items: list[list[Item]], dice: random.Random) -> Issue:
    chosen = tuple(dice.choice(reasons) for reasons in dice.sample(items, _PICKED))
    return Issue(number, f"reader{number}@example.org", number, items=chosen, topics=4, is_tracked=True)
