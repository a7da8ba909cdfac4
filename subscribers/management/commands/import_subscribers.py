"""Bring readers from a file."""

from __future__ import annotations

import gc
import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from papers.models import Topic
from subscribers import transfer
from subscribers.models import ImportRun, validate_timezone

_SHOWN = 20
_EVERY_SECONDS = 1.0


class Command(BaseCommand):
    help = (
        "Bring readers from a CSV file, or an export of listmonk, Mailchimp, Buttondown, Substack or Ghost (zip too). "
        "Nobody who left, complained or was deleted is brought back."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the table, or - for what is piped in")
        parser.add_argument("--consent", default="", help="where and how these people agreed; kept with each of them")
        parser.add_argument(
            "--mapping", nargs="+", default=[], metavar="FIELD=COLUMN", help=f"fields: {', '.join(transfer.FIELDS)}"
        )
        parser.add_argument("--topics", nargs="+", default=[], metavar="SLUG", help="topics that all of them follow")
        parser.add_argument("--timezone", default="UTC", help="for whom the file does not say")
        parser.add_argument("--hour", type=int, default=7, help="the local hour, for whom the file does not say")
        parser.add_argument(
            "--language",
            default=settings.LANGUAGE_CODE,
            choices=[code for code, _name in settings.LANGUAGES],
            help="for whom the file does not say",
        )
        parser.add_argument("--encoding", default="", help="when it is not found out: utf-8, utf-16, cp1252 …")
        parser.add_argument("--dry-run", action="store_true", help="say what would come of it, change nothing")
        parser.add_argument("--resume", action="store_true", help="go on with the import of this file that was cut off")
        parser.add_argument("--json", action="store_true", help="print the counts as one line of JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._bring(options)
        except (transfer.BadTable, transfer.Overtaken) as error:
            raise CommandError(str(error)) from error

    def _bring(self, options: dict[str, Any]) -> None:
        data = _read(options["file"])
        if options["resume"]:
            work = transfer.resume(data)
            self._say(f"Going on after row {work.run.rows_done:,}.")
        else:
            work = _begin(data, options)
        for table, layout in zip(work.tables, work.layouts, strict=True):
            self._say(f"{table.name} is read as {layout.system}: {_reading(table, layout)}.")
        if options["dry_run"]:
            batch = work.preview()
            self._report(batch.counts, batch.rejections, work, as_json=options["json"])
            self._say("Nothing was changed.")
            return
        self._run(work)
        counts = {name: getattr(work.run, name) for name in ImportRun.COUNTS}
        self._report(counts, work.run.rejections, work, as_json=options["json"])

    def _run(self, work: transfer.Import) -> None:
        gc.freeze()  # what start-up made is not looked through again and again: a third of the time
        begun, said, first = time.monotonic(), 0.0, work.run.rows_done
        try:
            for run in work.steps(now=timezone.now()):
                if time.monotonic() - said > _EVERY_SECONDS:
                    said = time.monotonic()
                    self._say(_progress(run, run.rows_done - first, said - begun))
        except KeyboardInterrupt:
            raise CommandError(
                f"Stopped after row {work.run.rows_done:,}. All of them are kept; --resume goes on from there."
            ) from None
        self._say(_progress(work.run, work.run.rows_done - first, time.monotonic() - begun))

    def _report(
        self, counts: Mapping[str, int], rejections: list[list[object]], work: transfer.Import, *, as_json: bool
    ) -> None:
        told = {name: counts.get(name, 0) for name in ImportRun.COUNTS}
        if as_json:
            self.stdout.write(json.dumps(told))
        else:
            self.stdout.write(
                f"{told['new']:,} new, {told['same']:,} known already, {told['left']:,} left alone as they wished, "
                f"{told['remembered']:,} remembered as gone, {told['rejected']:,} rejected."
            )
        for where, reason in rejections[:_SHOWN]:
            self._say(f"  {where}: {reason}")
        if told["rejected"] > _SHOWN:
            self._say(f"  … and {told['rejected'] - _SHOWN:,} more")
        for name, count in work.unknown_topics.most_common(10):
            self._say(f"  “{name[:40]}” is no topic of ours ({count:,} times); the readers were taken without it")

    def _say(self, text: str) -> None:
        self.stderr.write(text)


def _begin(data: bytes, options: dict[str, Any]) -> transfer.Import:
    if not options["dry_run"] and len(options["consent"].strip()) < 10:
        raise CommandError(
            'Say where and how these people agreed, for example --consent "signed up at our booth, 2026".'
        )
    return transfer.begin(
        data,
        file_name=options["file"].name,
        consent=options["consent"].strip(),
        options={
            "mapping": _mapping(options["mapping"]),
            "encoding": options["encoding"],
            "topics": _topics(options["topics"]),
            "defaults": _defaults(options),
        },
        now=timezone.now(),
    )


def _read(path: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from error


def _mapping(pairs: list[str]) -> dict[str, str]:
    wrong = [pair for pair in pairs if "=" not in pair]
    if wrong:
        raise CommandError(f"“{wrong[0]}” is not FIELD=COLUMN, as in email=Mail.")
    return {field: column for field, _equals, column in (pair.partition("=") for pair in pairs)}


def _topics(slugs: list[str]) -> list[str]:
    unknown = set(slugs) - set(Topic.objects.filter(slug__in=slugs, is_active=True).values_list("slug", flat=True))
    if unknown:
        raise CommandError(f"There is no topic {', '.join(sorted(unknown))}.")
    return slugs


def _defaults(options: dict[str, Any]) -> dict[str, Any]:
    if not 0 <= options["hour"] <= 23:
        raise CommandError("--hour is 0 to 23.")
    try:
        validate_timezone(options["timezone"])
    except Exception as error:
        raise CommandError(f"“{options['timezone']}” is no time zone; one looks like Europe/Berlin.") from error
    return {name: options[name] for name in ("timezone", "hour", "language")}


def _reading(table: transfer.Table, layout: transfer.Layout) -> str:
    read = ", ".join(f"{field} from “{column}”" for field, column in layout.fields.items())
    used = {*layout.fields.values(), *layout.marks, *layout.wanted}
    unread = ", ".join(f"“{column}”" for column in table.columns[:30] if column and column not in used)
    return f"{read}; not read: {unread}" if unread else read


def _progress(run: ImportRun, done: int, seconds: float) -> str:
    pace = done / seconds if seconds else 0
    left = (run.rows - run.rows_done) / pace if pace else 0
    return f"{run.rows_done:,} of {run.rows:,} rows · {pace:,.0f} a second · {left:,.0f} s to go"
