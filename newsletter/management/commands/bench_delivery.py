"""What the whole pipeline does a second, against the fastest sender there is, on this machine."""

from __future__ import annotations

import json as text
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = "Choose, print and deliver N digests to a sink on loopback, beside Postfix's smtp-source at the same size."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--db", choices=["sqlite", "postgres"], default="sqlite")
        parser.add_argument("--recipients", type=int, default=8000)
        parser.add_argument("--workers", type=int, default=1)
        parser.add_argument("--rounds", type=int, default=3)
        parser.add_argument(
            "--peers", action="store_true", help="beside django-newsletter, post-office, Django, nodemailer"
        )
        parser.add_argument(
            "--peer-recipients", type=int, default=500, metavar="N", help="letters of each peer a round"
        )
        parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")

    def handle(self, *, json: Path | None, peers: bool, peer_recipients: int, **options: Any) -> None:
        try:
            from bench.delivery.run import BadRun, Plan, measure
        except ImportError as error:
            raise CommandError("The benchmark comes with a checkout of the source, not with the package.") from error
        try:
            sizes = {name: options[name] for name in ("db", "recipients", "workers", "rounds")}
            plan = Plan(**sizes, peer_recipients=peer_recipients if peers else 0)
            figures = measure(plan, self.stdout.write)
        except (BadRun, FileNotFoundError) as error:
            raise CommandError(str(error)) from error
        self._show(figures, json)

    def _show(self, figures: dict[str, Any], path: Path | None) -> None:
        for name, value in figures.items():
            self.stdout.write(f"  {name:28} {value}")
        if figures["smtp_source_per_s"] is None:
            self.stdout.write("Postfix is not installed: the built-in sink was used, and there is no ratio to C.")
        elif not figures["is_steady"]:
            self.stdout.write("The rounds of smtp-source differ by more than 1.5 times: judge nothing by this run.")
        line = text.dumps(figures)
        self.stdout.write(line)
        if path:
            path.write_text(line + "\n")
