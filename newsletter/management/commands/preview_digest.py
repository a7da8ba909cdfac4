"""Show one reader's digest without sending it."""

from __future__ import annotations

import zoneinfo
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from newsletter.previewing import digest_for
from papers.management import arguments
from subscribers.models import Subscriber, normalise_address


class Command(BaseCommand):
    help = "Show the digest of one reader without sending or keeping anything."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("address", help="the reader's email address")
        parser.add_argument("--day", type=arguments.day, help="YYYY-MM-DD; default: today where the reader is")
        parser.add_argument("--out", type=Path, metavar="FILE.eml", help="write the whole message into this file")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        reader = Subscriber.objects.filter(email_normalised=normalise_address(options["address"])).first()
        if reader is None:
            raise CommandError("No reader has this address. Admin → Readers finds one by a part of it.")
        day = options["day"] or now.astimezone(zoneinfo.ZoneInfo(reader.timezone)).date()
        letter = digest_for(reader, day, now=now)
        if options["out"]:
            _write(options["out"], letter.wire)
            self.stdout.write(f"{options['out']}: {len(letter.wire):,} bytes, {len(letter.html.encode()):,} of HTML")
        else:
            self.stdout.write(f"Subject: {letter.headers['Subject']}\n\n{letter.text}")


def _write(path: Path, wire: bytes) -> None:
    try:
        path.write_bytes(wire)
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}.") from error
