"""Hand readers out as a table."""

from __future__ import annotations

import os
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from subscribers import transfer
from subscribers.models import Subscriber


class Command(BaseCommand):
    help = "Write the readers as CSV (UTF-8) that no spreadsheet runs as formulas; import_subscribers reads it back."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", default="-", help="where to; - or nothing: to the terminal")
        parser.add_argument("--state", nargs="+", choices=Subscriber.State.values, help="only readers of these states")

    def handle(self, *args: Any, **options: Any) -> None:
        readers = Subscriber.objects.all()
        if options["state"]:
            readers = readers.filter(state__in=options["state"])
        if options["file"] == "-":
            for text in transfer.export(readers):
                self.stdout.write(text, ending="")
            return
        try:
            with open(options["file"], "x", encoding="utf-8", newline="", opener=_for_us_alone) as sheet:
                sheet.writelines(transfer.export(readers))
        except FileExistsError as error:
            raise CommandError(f"{options['file']} is there already; choose another name.") from error
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be written: {error.strerror}.") from error
        self.stderr.write(f"{readers.count():,} readers written.")


def _for_us_alone(path: str, flags: int) -> int:
    """Addresses are nobody else's business on this machine."""
    return os.open(path, flags, 0o600)
