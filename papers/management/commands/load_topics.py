"""Bring in, or bring back, the topics that Paper Round comes with."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from papers.starting import load_topics


class Command(BaseCommand):
    help = "Add the topics of the shipped list that are missing; an editor's changes stay unless --reset is given."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--reset", action="store_true", help="also set shipped topics back to the shipped words")

    def handle(self, *args: Any, reset: bool, **options: Any) -> None:
        written = load_topics(reset=reset)
        self.stdout.write(f"{written} topics written." if written else "Every shipped topic is here already.")
