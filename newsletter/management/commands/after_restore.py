"""What must be done before the first worker starts on a database that was restored from a backup."""

from __future__ import annotations

import datetime as dt
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection, models, transaction

from newsletter.models import Digest, Edition
from papers.clock import database_now
from papers.management import arguments
from papers.models import Paper
from subscribers.models import AddressChange, Ask, Subscriber

# Whose numbers stand in links, return addresses and Message-IDs of letters.
NAMED_IN_LETTERS = (Subscriber, Ask, AddressChange, Digest, Paper)
# More than anybody gave away since the backup; a number has room for nine million million million.
_ENOUGH = 10_000_000
# A day begins in UTC+14 and ends in UTC-12.
_EARLIEST, _LATEST = dt.timedelta(hours=14), dt.timedelta(hours=-12)


class Command(BaseCommand):
    help = "After a restored backup, before any worker starts: give no number twice, and stop the editions of today."

    def add_arguments(self, parser: ArgumentParser) -> None:
        help_text = f"numbers to leave out, more than were given since the backup ({_ENOUGH:,})"
        parser.add_argument("--numbers", type=arguments.count, default=_ENOUGH, help=help_text)

    def handle(self, *, numbers: int, **_: Any) -> None:
        with transaction.atomic():
            for model in NAMED_IN_LETTERS:
                _leave_out(model, numbers)
            editions = _stop_today(now=database_now())
        self.stdout.write(f"The next {numbers:,} numbers of readers, digests and papers are left out.")
        for edition in editions:
            self.stdout.write(f"Stopped: {edition} ({edition.day}).")
        self.stdout.write("Cancel it if its readers had it after the backup (edition DAY cancel), else resume it.")


def _leave_out(model: type[models.Model], count: int) -> None:
    """Count on: letters sent since the backup name rows that are gone, and no other row may ever answer to them."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            sequence = "SELECT pg_get_serial_sequence(%s, 'id')::regclass AS one"
            cursor.execute(f"SELECT setval(one, nextval(one) + %s) FROM ({sequence}) AS found", [count, table])  # noqa: S608
            return
        cursor.execute("UPDATE sqlite_sequence SET seq = seq + %s WHERE name = %s", [count, table])
        if not cursor.rowcount:
            cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, count])


def _stop_today(*, now: dt.datetime) -> list[Edition]:
    """Pause what is on its way, and each day that it is now somewhere: missing in the backup, or thought done."""
    for day in {(now + shift).date() for shift in (_LATEST, dt.timedelta(), _EARLIEST)}:
        Edition.objects.of_day(day).reopen()
    editions = list(Edition.objects.on_its_way())
    return [edition for edition in editions if edition.pause("a backup was restored")]
