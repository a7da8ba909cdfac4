"""Delete at once what the clock deletes little by little."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from newsletter.discarding import discard, first_kept, outlived
from newsletter.sending import in_seconds
from papers.clock import database_now

_SAID_EVERY = 5.0


class Command(BaseCommand):
    help = "Show how many digests and events are older than DIGESTS_KEPT_DAYS; with --yes delete them now."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--yes", action="store_true", help="delete them; it may be stopped and begun again")

    def handle(self, *, yes: bool, **_: Any) -> None:
        if not settings.DIGESTS_KEPT_DAYS:
            self.stdout.write("DIGESTS_KEPT_DAYS is 0: all digests are kept.")
            return
        now = database_now()
        there = outlived(now=now)
        self.stdout.write(f"Of editions before {first_kept(now=now)}: {_in_words(there)}.")
        if not yes:
            self.stdout.write("Nothing was deleted; --yes deletes them.")
            return
        done, began = Counter[str](), time.monotonic()
        while turn := +discard(now=now, is_over=in_seconds(_SAID_EVERY)):
            done += turn
            self.stderr.write(f"{_in_words(done)} deleted so far")
        self.stdout.write(f"Deleted: {_in_words(done)}, in {time.monotonic() - began:,.0f} s.")


def _in_words(count: Counter[str]) -> str:
    return f"{count['digests']:,} digests, {count['events']:,} events"
