"""Print how well the classifier finds topics: against labels given by hand, and over a whole archive."""

import gzip
from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from papers.ingestion import the_classifier
from papers.sources import READERS, Record
from papers.starting import ensure_topics
from papers.text import clean
from papers.topics import Classifier
from papers.topics.quality import Figures, Label, measure, read_labels

GOLD = settings.BASE_DIR / "tests" / "papers" / "gold" / "topics.txt"
TEXTS = settings.BASE_DIR.parent / "shared" / "data"


class Command(BaseCommand):
    help = "Print precision, recall and F1 of each topic on hand-labelled papers, and the share without a topic."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--labels", type=Path, default=GOLD, help="one paper a line: arXiv id, topics, stroke, more"
        )
        parser.add_argument("--texts", type=Path, default=TEXTS, help="the folder with archive and saved page")
        parser.add_argument("--misses", action="store_true", help="also print each paper that was judged otherwise")

    def handle(self, *args: Any, labels: Path, texts: Path, misses: bool, **options: Any) -> None:
        if labels != GOLD and not labels.is_file():
            raise CommandError(f"{labels} is no file.")
        archive, page = texts / "hf" / "archive_8036.jsonl.gz", texts / "daily-papers-page.txt"
        if not archive.is_file() or not labels.is_file():
            absent = archive if labels.is_file() else labels
            self.stdout.write(f"Skipped: {absent.name} is absent, and its texts are not part of Paper Round.")
            return
        ensure_topics()
        classifier = the_classifier()
        papers = read_archive(archive)
        self._print_gold(classifier, papers, read_labels(labels.read_text()), misses)
        self._print_shares("archive", classifier, list(papers.values()))
        if page.is_file():
            self._print_shares("saved page", classifier, list(READERS["saved-page"].parse(page.read_bytes()).records))

    def _print_gold(self, classifier: Classifier, papers: dict[str, Record], labels: list[Label], misses: bool) -> None:
        known = [label for label in labels if label.arxiv_id in papers]
        found = {label.arxiv_id: slugs_of(classifier, papers[label.arxiv_id]) for label in known}
        figures = measure(known, found)
        self.stdout.write(f"{len(known)} labelled papers of {len(labels)}")
        for slug, one in figures.by_topic.items():
            rates = f"precision {one.precision:.2f}  recall {one.recall:.2f}  F1 {one.f1:.2f}"
            self.stdout.write(f"{slug:13} papers {one.wanted:3}  {rates}")
        self._print_macro("all", figures)
        self._print_macro("strictly, accepted labels count as wrong", measure(known, found, is_strict=True))
        for label in known if misses else ():
            if wrong := label.misses(found[label.arxiv_id]):
                self.stdout.write(f"{label.arxiv_id} {papers[label.arxiv_id].title[:60]}: {wrong}")

    def _print_macro(self, name: str, figures: Figures) -> None:
        self.stdout.write(f"macro F1 {figures.macro_f1:.3f}  micro F1 {figures.micro_f1:.3f}  ({name})")

    def _print_shares(self, name: str, classifier: Classifier, records: list[Record]) -> None:
        sizes = Counter(len(slugs_of(classifier, record)) for record in records)
        shares = "  ".join(f"{size} topics {count / len(records):.1%}" for size, count in sorted(sizes.items()))
        self.stdout.write(f"{name}, {len(records):,} papers: {shares}")


def read_archive(path: Path) -> dict[str, Record]:
    """Return the records of an archive in compressed JSON lines by arXiv id."""
    with gzip.open(path) as file:
        read = [READERS["huggingface"].parse_line(text) for text in file]  # type: ignore[misc]
    return {record.arxiv_id: record for record in read if isinstance(record, Record)}


def slugs_of(classifier: Classifier, record: Record) -> list[str]:
    """Return the topics that the classifier gives a record."""
    verdicts = classifier.classify(
        clean(record.title), clean(record.abstract), keywords=record.keywords, categories=record.categories
    )
    return [verdict.slug for verdict in verdicts]
