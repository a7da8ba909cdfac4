"""Show a new installation with invented papers until real ones come."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from papers.starting import load_samples


class Command(BaseCommand):
    help = "Load invented sample papers of the last five days; safe to repeat, and silent once real papers are here."

    def handle(self, *args: Any, **options: Any) -> None:
        tally = load_samples(now=timezone.now())
        if tally is None:
            self.stdout.write("Real papers are here already: no samples loaded.")
        else:
            self.stdout.write(f"{tally.accepted} sample papers on the last five days, {tally.new} of them new.")
