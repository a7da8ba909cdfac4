"""Bring papers in from a file, an address, or the name of one paper."""

import datetime as dt
import json
import os
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from papers.importing import import_papers
from papers.ingestion import Tally
from papers.management import arguments
from papers.sources import READERS, SourceError

# Rejections beyond these are counted, and kept with the run.
MOST_TOLD = 50


class Command(BaseCommand):
    help = "Import papers from a saved page, an answer of an API or an archive; safe to repeat."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "place",
            metavar="PATH_OR_URL",
            help="a file or an address; with --source paper also an arXiv id or a DOI",
        )
        parser.add_argument("--source", required=True, choices=sorted(READERS), help="the form of what stands there")
        parser.add_argument(
            "--day", type=arguments.day, help="the day of the newsletter (YYYY-MM-DD) for papers that name none"
        )
        parser.add_argument("--dry-run", action="store_true", help="tell what would happen and change nothing")
        parser.add_argument("--json", action="store_true", help="print one line of JSON")

    def handle(self, *args: Any, place: str, source: str, day: dt.date | None, dry_run: bool, **options: Any) -> None:
        now = timezone.now()
        try:
            tally = import_papers(
                place,
                kind=source,
                day=day,
                now=now,
                dry_run=dry_run,
                in_two=(os.cpu_count() or 1) > 1,
                on_progress=self._progress,
            )
        except SourceError as error:
            raise CommandError(str(error)) from error
        self._tell(tally)
        if options["json"]:
            self.stdout.write(json.dumps(tally.counts()))
        else:
            self.stdout.write(_sentence(tally, dry_run))
        if tally.rejected and not tally.accepted:
            raise CommandError("Nothing was imported: every entry was rejected.")

    def _progress(self, tally: Tally) -> None:
        if tally.accepted and tally.accepted % 5_000 < 500 <= tally.accepted - 500:
            self.stderr.write(f"{tally.accepted:,} papers so far")

    def _tell(self, tally: Tally) -> None:
        for rejection in tally.rejections[:MOST_TOLD]:
            self.stderr.write(f"rejected {rejection.entry}: {rejection.why}")
        if tally.rejected > MOST_TOLD:
            self.stderr.write(f"and {tally.rejected - MOST_TOLD:,} more")


def _sentence(tally: Tally, dry_run: bool) -> str:
    would = " would be" if dry_run else ""
    return (
        f"{tally.new:,}{would} new, {tally.changed:,}{would} changed, "
        f"{tally.same:,} the same, {tally.rejected:,} rejected."
    )
