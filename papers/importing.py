"""One import by hand: a file, an address, the name of one paper, or the arXiv ids of some."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from functools import partial
from pathlib import Path

from django.db import connection

from papers.ahead import DAMAGE, Study, in_lines, lines
from papers.fetching import close_run, open_web
from papers.ingestion import Tally, in_bulk, ingest, the_classifier
from papers.models import SourceRun
from papers.scoring import score_trends
from papers.search.index import settle
from papers.search.lexemes import weaver_for
from papers.sources import READERS, Parsed, Reader, Record, Rejection, Request, SourceError, arxiv_api
from papers.sources.base import Web, line
from papers.sources.dates import date
from papers.starting import ensure_topics

# A page or an answer is read whole; an archive in JSON lines is read line by line and may be of any size.
LARGEST_PAGE = 64 * 1024 * 1024
# An archive larger than this is worth a second process.
LARGE = 1024 * 1024

Progress = Callable[[Tally], None]


def import_papers(
    place: str | bytes,
    *,
    kind: str,
    day: dt.date | None,
    now: dt.datetime,
    dry_run: bool = False,
    in_two: bool = False,
    on_progress: Progress = lambda tally: None,
) -> Tally:
    """Import what stands at `place`, a path, an address or the file itself, in the form of `kind`; raises SourceError.

    With `in_two` a large archive is read by a second process; a worker of Celery may have none of its own.

    What could not be read whole changes nothing, but for an archive in lines: it keeps what came before the damage,
    and reading it again goes on from there, since known papers stay the same.
    """
    ensure_topics()
    tally, study = Tally(), Study(the_classifier(), weaver_for(connection))
    bring = partial(ingest, kind=kind, now=now, dry_run=dry_run, study=study, on_progress=on_progress)
    with nullcontext() if dry_run else _as_a_run(kind, tally, now), in_bulk():
        for records, parsed in _open(place, READERS[kind], now, study if in_two else None):
            the_day = day or day_of_page(parsed, now.date())
            tally.add(bring(records, day=the_day, rejections=parsed.rejections))
    if not dry_run:
        _tell_site(tally, now)
    return tally


def import_by_id(ids: Sequence[str], *, web: Web, day: dt.date, now: dt.datetime) -> Tally:
    """Ask arXiv for these papers and put the new ones among those of `day`; raises SourceError.

    Each id that brought no paper is rejected: arXiv leaves out in silence what it does not know.
    """
    ensure_topics()
    tally, wanted = Tally(), dict.fromkeys(ids)
    with _as_a_run("paper", tally, now):
        for answer in arxiv_api.by_ids(web, list(wanted)):
            records = arxiv_api.parse(answer.body).records
            tally.add(ingest(records, kind="paper", day=day, now=now))
            for record in records:
                wanted.pop(record.arxiv_id, None)
        for missing in wanted:
            tally.reject(Rejection(missing, "is not known to arXiv, or was withdrawn"))
    _tell_site(tally, now)
    return tally


def _tell_site(tally: Tally, now: dt.datetime) -> None:
    """Let trends and search know what came."""
    if written := tally.new + tally.changed:
        score_trends(now=now)
        settle(connection, written=written)


@contextmanager
def _as_a_run(kind: str, tally: Tally, now: dt.datetime) -> Iterator[None]:
    """Keep what comes of the import, and its error, in a row of its own."""
    run = SourceRun.objects.create(kind=kind, started_at=now)
    started = time.monotonic()
    try:
        yield
    except SourceError as error:
        run.error = str(error)
        raise
    finally:
        close_run(run, tally, seconds=time.monotonic() - started)


_Opened = Iterator[tuple[Iterator[Record | Rejection], Parsed]]


def _open(place: str | bytes, reader: Reader, now: dt.datetime, study: Study | None) -> _Opened:
    """Yield the records of each answer that stands at `place`, with what else the answer says."""
    if isinstance(place, bytes):
        parsed = reader.parse(place)
        yield iter(parsed.records), parsed
    elif place.startswith(("http://", "https://")) or (reader.name == "paper" and not Path(place).is_file()):
        yield from _fetched(place, reader, now)
    elif (
        reader.parse_line
        and place.lower().removesuffix(".gz").endswith((".jsonl", ".ndjson"))
        and in_lines(Path(place))
    ):
        path = Path(place)
        is_large = path.is_file() and path.stat().st_size > LARGE
        yield study.read(reader, path) if study and is_large else lines(reader, path), Parsed(())
    else:
        parsed = reader.parse(_read(Path(place)))
        yield iter(parsed.records), parsed


def _fetched(place: str, reader: Reader, now: dt.datetime) -> _Opened:
    # A question to Hugging Face may have more than one page of answers.
    is_asked = reader.name == "paper" or (reader.name == "huggingface" and "?" in place)
    with closing(open_web()) as web:
        if is_asked and reader.fetch:
            bodies = [answer.body for answer in reader.fetch(web, Request(place, now.date(), now.date()))]
        else:
            bodies = [web.get(place) or b""]
    for parsed in map(reader.parse, bodies):
        yield iter(parsed.records), parsed


def day_of_page(parsed: Parsed, today: dt.date) -> dt.date:
    """Return the day that the page names; one without a year is the last such day that is not in the future."""
    if parsed.day or not parsed.month_and_day:
        return parsed.day or today
    # 29 February stands in one year of four.
    days = (date(year, *parsed.month_and_day) for year in range(today.year, today.year - 8, -1))
    return next((day for day in days if day and day <= today), today)


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST_PAGE:
            raise SourceError(f"{path} is larger than 64 MB: no page is. An archive is read as .jsonl or .jsonl.gz.")
        body = path.read_bytes()
    except (OSError, ValueError) as error:
        raise SourceError(f"{line(str(path))} cannot be read: {getattr(error, 'strerror', None) or error}.") from None
    return unpacked(body)


def unpacked(body: bytes) -> bytes:
    """Return what a file packed with gzip holds, and any other file as it is; raise SourceError."""
    if body[:2] != b"\x1f\x8b":
        return body
    try:
        with gzip.open(io.BytesIO(body)) as file:
            plain = file.read(LARGEST_PAGE + 1)
    except DAMAGE as error:
        raise SourceError(f"The file is damaged: {error}.") from None
    if len(plain) > LARGEST_PAGE:
        raise SourceError("The file unpacks to more than 64 MB: no page does.")
    return plain
