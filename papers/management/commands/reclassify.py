"""Move papers to the topics that the changed taxonomy gives them."""

import datetime as dt
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from papers.management import arguments
from papers.models import Paper
from papers.reclassifying import Moves, reclassify


class Command(BaseCommand):
    help = "Find the topics of all papers again; what a person set stays."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="tell what would move and change nothing")
        parser.add_argument("--since", type=arguments.day, help="only papers of this day and later")

    def handle(self, *args: Any, dry_run: bool, since: dt.date | None, **options: Any) -> None:
        papers = Paper.objects.filter(featured_on__gte=since) if since else Paper.objects.all()
        moves = reclassify(papers, dry_run=dry_run, on_progress=self._progress)
        for slug in sorted({*moves.won, *moves.lost}):
            self.stdout.write(f"{slug:13} +{moves.won[slug]:,} -{moves.lost[slug]:,}")
            for sign in "+-":
                for title in moves.examples.get(sign + slug, ()):
                    self.stdout.write(f"    {sign} {title[:90]}")
        would = "would move" if dry_run else "moved"
        self.stdout.write(f"{moves.moved:,} of {moves.seen:,} papers {would}.")

    def _progress(self, moves: Moves) -> None:
        if moves.seen % 5_000 < 500:
            self.stderr.write(f"{moves.seen:,} papers looked at")
