"""Show every letter to the strict readers that are installed."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from newsletter.validating import TOOLS, samples


class Command(BaseCommand):
    help = "Run SpamAssassin, the Nu checker, html-validate, caniemail, axe and mjml --validate, where installed."

    def add_arguments(self, parser: CommandParser) -> None:
        folder = Path(settings.VAR_DIR, "letter-tools")
        parser.add_argument("--tools", type=Path, default=folder, help=f"where npm installed them (default {folder})")
        parser.add_argument("--only", choices=[tool.name for tool in TOOLS], help="run this tool alone")

    def handle(self, *args: Any, **options: Any) -> None:
        complaints = ran = 0
        with tempfile.TemporaryDirectory() as folder:
            letters = samples(Path(folder), now=timezone.now())
            for tool in TOOLS:
                if options["only"] not in (None, tool.name):
                    continue
                if missing := tool.missing(options["tools"]):
                    self.stdout.write(f"{tool.name:<14}skipped: {missing}")
                    continue
                ran += 1
                for verdict in tool.run(letters, options["tools"]):
                    words = "; ".join(verdict.complaints) or "sound"
                    self.stdout.write(f"{tool.name:<14}{verdict.letter:<22}{words}  {verdict.note}".rstrip())
                    complaints += len(verdict.complaints)
        if not ran:
            raise CommandError("None of the tools is installed: make test-letters installs what npm has.")
        if complaints:
            raise CommandError(f"{complaints} complaints.")
        self.stdout.write(f"{len(letters)} letters, {ran} tools, no complaint.")
