"""Due sources are asked for what is new; each asking is a run in the database, whether it succeeds or not."""

from __future__ import annotations

import datetime as dt
from contextlib import closing

from django.db.models import Q

from papers.ingestion import Tally, ingest
from papers.models import Source, SourceRun
from papers.sources import READERS, Request, SourceError
from papers.sources.web import Fetcher
from papers.starting import ensure_topics

# After a long silence a source is asked for a week at most; older days come by import_papers.
LONGEST_GAP = dt.timedelta(days=7)
# A claim outlives the worker that made it by this much, then the source is due again.
CLAIM = dt.timedelta(minutes=15)


def fetch_due(*, now: dt.datetime) -> int:
    """Fetch every enabled source that is due; return how many were asked."""
    ensure_topics()
    asked = 0
    for source in Source.objects.filter(_due(now), is_enabled=True).order_by("next_fetch_at", "pk"):
        if _claim(source, now):
            fetch_source(source, now=now)
            asked += 1
    return asked


def fetch_source(source: Source, *, now: dt.datetime) -> SourceRun:
    """Ask one source and take in what it says; a failure is a run with an error, never an exception."""
    run = SourceRun.objects.create(source=source, kind=source.kind, started_at=now)
    tally = Tally()
    try:
        tally = _fetch(source, now)
    except SourceError as error:
        run.error = str(error)
    run.new, run.changed, run.same, run.rejected = tally.new, tally.changed, tally.same, tally.rejected
    run.rejections = [f"{rejection.entry}: {rejection.why}" for rejection in tally.rejections[:100]]
    source.mark_fetched(run, now=now)
    return run


def _due(now: dt.datetime) -> Q:
    return Q(next_fetch_at__isnull=True) | Q(next_fetch_at__lte=now)


def _claim(source: Source, now: dt.datetime) -> bool:
    """Take the source for us: the one UPDATE that hits decides between two workers."""
    return bool(Source.objects.filter(_due(now), pk=source.pk).update(next_fetch_at=now + CLAIM))


def _fetch(source: Source, now: dt.datetime) -> Tally:
    reader = READERS.get(source.kind)
    if reader is None or reader.fetch is None:
        raise SourceError(f"“{source.kind}” cannot be fetched by itself; import its files with import_papers.")
    last = source.last_success_at or now - dt.timedelta(days=2)
    request = Request(source.address, max(last, now - LONGEST_GAP).date(), now.date())
    total = Tally()
    with closing(Fetcher()) as web:
        for body in reader.fetch(web, request):
            parsed = reader.parse(body)
            tally = ingest(
                parsed.records,
                kind=source.kind,
                day=parsed.day or now.date(),
                now=now,
                source=source,
                rejections=parsed.rejections,
            )
            total.add(tally)
    return total
