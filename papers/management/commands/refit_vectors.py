"""manage.py refit_vectors: bring every paper's vector up to date, while the service runs."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from papers.vectors import catch_up, refit, semantic


class Command(BaseCommand):
    help = (
        "Fit the word vectors anew on the archive (not needed with the semantic extra) and give every paper its vector."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--missing", action="store_true", help="only papers without a current vector; fit nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        if not options["missing"] and not semantic.is_available():
            model = refit(now=now)
            self.stdout.write(f"Fitted {model}." if model else "Too few papers to fit word vectors yet.")
        self.stdout.write(f"{catch_up(now=now, say=self.stderr.write):,} papers have new vectors.")
