"""Due sources are asked for what is new; each asking is a run in the database, whether it succeeds or not."""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.db.models import F, Q

from papers.freshness import Memory, judge
from papers.ingestion import Tally, ingest
from papers.models import Paper, Source, SourceRun
from papers.scoring import score_trends
from papers.sources import READERS, Parsed, Record, Request, SourceError
from papers.sources.web import Fetcher, Refused, allowed
from papers.starting import ensure_topics
from papers.turns import hold, turn

logger = logging.getLogger(__name__)
# Celery gives a tick 120 s: no answer is begun after these, and the last one has its minute. In seconds.
WORKING = 30.0
# A host that asks to be left alone for longer is asked again after a day all the same; in seconds.
LONGEST_PAUSE = 24 * 3600.0
# Votes grow for days, so the last days are asked for again; older ones come by import_papers.
LOOK_BACK, LONGEST_GAP = dt.timedelta(days=2), dt.timedelta(days=7)
# A claim outlives the worker that made it by this much, then the source is due again.
CLAIM = dt.timedelta(minutes=15)
# Details that a source lacks are asked of arXiv for the papers of this long, some hundred at once.
DETAILS, MOST_DETAILS = dt.timedelta(days=30), 300


def fetch_due(*, now: dt.datetime) -> int:
    """Fetch the enabled sources that are due, as many as there is time for; return how many were asked."""
    ensure_topics()
    asked, until = 0, time.monotonic() + WORKING

    def is_over() -> bool:
        return time.monotonic() > until

    # PostgreSQL would put those that were never asked last.
    order = (F("next_fetch_at").asc(nulls_first=True), "pk")
    for source in Source.objects.filter(_due(now), is_enabled=True).order_by(*order):
        if asked and is_over():
            break  # the others stay due, and stand first at the next tick
        if _claim(source, now):
            fetch_source(source, now=now, is_over=is_over)
            asked += 1
    if asked:
        score_trends(now=now)
    return asked


def fetch_source(source: Source, *, now: dt.datetime, is_over: Callable[[], bool] = lambda: False) -> SourceRun:
    """Ask one source and take in what it says; a failure is a run with an error, never an exception.

    Once `is_over` says so, the rest is left to the next run, if the source can be asked to go on there.
    """
    _close_what_was_left(source, now=now)
    run = SourceRun.objects.create(source=source, kind=source.kind, started_at=now)
    started, haul, pause = time.monotonic(), _Haul(), dt.timedelta()
    web = open_web(source.state.get("seen", {}))
    try:
        with closing(web):
            _bring(source, web, haul, now=now, is_over=is_over)
    except SourceError as error:
        run.error, pause = str(error), _hold_as_asked(error)
        logger.warning("%s failed: %s", source, error)
    except DatabaseError:
        raise
    except Exception as error:  # an answer that our own reader stumbles over must not hold up sources and letters
        logger.exception("%s cannot be read", source)
        run.error = f"Our reader stumbled over the answer ({type(error).__name__}); the log says where."
    close_run(run, haul.tally, seconds=time.monotonic() - started)
    if run.error:
        source.mark_failed(run, now=now, pause=pause)
    else:
        _judge(source, run, haul, seen=web.memory, now=now)
    return run


@dataclass(slots=True)
class _Haul:
    """What one run brings home, and whether that is all there is."""

    tally: Tally = field(default_factory=Tally)
    ids: set[str] = field(default_factory=set)
    is_all: bool = True


def _bring(source: Source, web: Fetcher, haul: _Haul, *, now: dt.datetime, is_over: Callable[[], bool]) -> None:
    """Take in answer by answer, and note after each where to go on."""
    for parsed, bookmark in _answers(source, web, now):
        haul.ids.update(map(_identity, parsed.records))
        haul.tally.add(_take_in(source, parsed, now))
        if bookmark:
            source.keep_place(bookmark, now=now)
            if is_over():
                haul.is_all = False
                return


def _judge(source: Source, run: SourceRun, haul: _Haul, *, seen: dict[str, Any], now: dt.datetime) -> None:
    memory = Memory.read(source.state.get("batch", {}))
    freshness, memory = judge(memory, haul.ids or memory.ids, now=now)
    if haul.is_all:
        state = {"seen": seen, "batch": memory.written()}
        source.mark_fetched(run, now=now, freshness=freshness, state=state)
    else:
        source.mark_behind(run, now=now, state={"batch": memory.written()})


def _close_what_was_left(source: Source, *, now: dt.datetime) -> None:
    """Tell of a run whose worker was killed: a source at which each is would look well for ever."""
    for run in source.runs.filter(finished_at=None, started_at__lte=now - CLAIM):
        run.finished_at, run.error = now, "The worker was stopped in the middle of it."
        run.save(update_fields=["finished_at"])
        logger.warning("%s failed: %s", source, run.error)
        source.mark_failed(run, now=now, pause=dt.timedelta())


def _hold_as_asked(error: SourceError) -> dt.timedelta:
    """Return how long the host wants to be left alone, and keep it for all our sources; a day at most."""
    if not isinstance(error, Refused) or not error.pause:
        return dt.timedelta()
    pause = dt.timedelta(seconds=min(error.pause, LONGEST_PAUSE))
    hold(error.host, pause=pause)
    return pause


def close_run(run: SourceRun, tally: Tally, *, seconds: float) -> None:
    """Write into a run what it brought and how long it took."""
    run.finished_at = run.started_at + dt.timedelta(seconds=seconds)
    run.new, run.changed, run.same, run.rejected = tally.new, tally.changed, tally.same, tally.rejected
    run.rejections = [f"{rejection.entry}: {rejection.why}" for rejection in tally.rejections[:100]]
    run.save()


def open_web(memory: dict[str, dict[str, str]] | None = None) -> Fetcher:
    """Return a client that says who we are, waits its turn and stays out of private networks."""
    agent = f"{settings.NEWSLETTER_NAME} (+{settings.SITE_URL}; mailto:{settings.ACCOUNT_ADDRESS})"
    plain = agent.encode("ascii", "replace").decode()
    return Fetcher(plain, memory=dict(memory or {}), turn=turn, guard=allowed(settings.FETCH_HOSTS))


def _due(now: dt.datetime) -> Q:
    return Q(next_fetch_at__isnull=True) | Q(next_fetch_at__lte=now)


def _claim(source: Source, now: dt.datetime) -> bool:
    """Take the source for us: the one UPDATE that hits decides between two workers."""
    return bool(Source.objects.filter(_due(now), pk=source.pk).update(next_fetch_at=now + CLAIM))


def _answers(source: Source, web: Fetcher, now: dt.datetime) -> Iterator[tuple[Parsed, str]]:
    """Yield what the reader understands of each answer, and the bookmark that came with it."""
    reader = READERS.get(source.kind)
    if reader is None or reader.fetch is None:
        raise SourceError(f"“{source.kind}” cannot be fetched by itself; import its files with import_papers.")
    last = min(source.last_success_at or now, now - LOOK_BACK)
    ids = _without_details(now) if source.kind == "arxiv-api" and not source.address else ()
    since = max(last, now - LONGEST_GAP).date()
    request = Request(source.address, since, now.date(), ids=ids, bookmark=source.place(now=now))
    for answer in reader.fetch(web, request):
        yield reader.parse(answer.body), answer.bookmark


def _without_details(now: dt.datetime) -> tuple[str, ...]:
    """Return the arXiv ids of recent papers whose source knew no categories."""
    papers = Paper.objects.filter(arxiv_id__isnull=False, categories=[], featured_on__gte=(now - DETAILS).date())
    ids = papers.order_by("-featured_on", "-id").values_list("arxiv_id", flat=True)[:MOST_DETAILS]
    return tuple(filter(None, ids))


def _take_in(source: Source, parsed: Parsed, now: dt.datetime) -> Tally:
    day = parsed.day or now.date()
    return ingest(parsed.records, kind=source.kind, day=day, now=now, rejections=parsed.rejections)


def _identity(record: Record) -> str:
    return record.arxiv_id or record.doi or record.title
