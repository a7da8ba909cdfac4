"""Bring papers in from a file or an address."""

import datetime as dt
import gzip
import io
import json
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from papers.ingestion import Tally, ingest
from papers.sources import READERS, Parsed, Reader, Record, Rejection, SourceError
from papers.sources.base import line
from papers.starting import ensure_topics

# A page or an answer is read whole; an archive in JSON lines is read line by line and may be of any size.
LARGEST_PAGE = 64 * 1024 * 1024
LONGEST_LINE = 4 * 1024 * 1024
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Command(BaseCommand):
    help = "Import papers from a saved page, an answer of an API or an archive; safe to repeat."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", metavar="PATH_OR_URL")
        parser.add_argument("--source", required=True, choices=sorted(READERS), help="the form of the file")
        parser.add_argument("--day", type=_day, help="the day of the newsletter (YYYY-MM-DD) for papers that name none")
        parser.add_argument("--dry-run", action="store_true", help="tell what would happen and change nothing")
        parser.add_argument("--json", action="store_true", help="print one line of JSON")

    def handle(self, *args: Any, path: str, source: str, day: dt.date | None, **options: Any) -> None:
        now = timezone.now()
        ensure_topics()
        try:
            tally = self._import(READERS[source], path, day, now, dry_run=options["dry_run"])
        except SourceError as error:
            raise CommandError(str(error)) from error
        for rejection in tally.rejections:
            self.stderr.write(f"rejected {rejection.entry}: {rejection.why}")
        self._report(tally, as_json=options["json"], dry_run=options["dry_run"])
        if tally.rejected and not tally.accepted:
            raise CommandError("Nothing was imported: every entry was rejected.")

    def _import(self, reader: Reader, path: str, day: dt.date | None, now: dt.datetime, *, dry_run: bool) -> Tally:
        if reader.parse_line and Path(path).name.removesuffix(".gz").endswith((".jsonl", ".ndjson")):
            records = _read_lines(reader, Path(path))
            return ingest(
                records, kind=reader.name, day=day or now.date(), now=now, dry_run=dry_run, on_progress=self._progress
            )
        parsed = reader.parse(_read(Path(path)))
        return ingest(
            parsed.records,
            kind=reader.name,
            day=day or _day_of_page(parsed, now.date()),
            now=now,
            dry_run=dry_run,
            rejections=parsed.rejections,
        )

    def _progress(self, tally: Tally) -> None:
        self.stderr.write(f"{tally.accepted:,} papers read", ending="\n")

    def _report(self, tally: Tally, *, as_json: bool, dry_run: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(tally.counts()))
            return
        would = " would be" if dry_run else ""
        self.stdout.write(
            f"{tally.new:,}{would} new, {tally.changed:,}{would} changed, "
            f"{tally.same:,} the same, {tally.rejected:,} rejected."
        )


def _day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def _day_of_page(parsed: Parsed, today: dt.date) -> dt.date:
    """Return the day that the page names; one without a year is the last such day that is not in the future."""
    if parsed.day or "month" not in parsed.notes:
        return parsed.day or today
    month = MONTHS.index(parsed.notes["month"]) + 1
    for year in range(today.year, today.year - 8, -1):
        try:
            day = dt.date(year, month, int(parsed.notes["day"]))
        except ValueError:
            continue  # 29 February stands in one year of four.
        if day <= today:
            return day
    return today


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST_PAGE:
            raise SourceError(f"{path} is larger than 64 MB: no page is. An archive is read as .jsonl or .jsonl.gz.")
        body = path.read_bytes()
        return _unzip(body) if body[:2] == b"\x1f\x8b" else body
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}.") from None


def _unzip(body: bytes) -> bytes:
    try:
        with gzip.open(io.BytesIO(body)) as file:
            plain = file.read(LARGEST_PAGE + 1)
    except (OSError, EOFError) as error:
        raise SourceError(f"The file is damaged: {error}.") from None
    if len(plain) > LARGEST_PAGE:
        raise SourceError("The file unpacks to more than 64 MB: no page does.")
    return plain


def _read_lines(reader: Reader, path: Path) -> Iterator[Record | Rejection]:
    """Yield a record for each line; the file may be compressed and of any size."""
    assert reader.parse_line
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            while body := file.readline(LONGEST_LINE):
                if body.strip():
                    yield reader.parse_line(body)
    except (OSError, EOFError) as error:
        raise SourceError(f"{path} cannot be read to its end: {line(str(error))}. What came before it is in.") from None
