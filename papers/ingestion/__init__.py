"""Records become papers: each work once, whatever source tells of it and however often."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence

from django.db import IntegrityError, transaction

from papers.ahead import Study, in_batches
from papers.ingestion.batch import Batch
from papers.ingestion.joining import join, keeper
from papers.ingestion.merging import identify
from papers.ingestion.rows import commit_lightly, in_bulk
from papers.ingestion.tally import Tally
from papers.ingestion.topics import assign_topics, the_classifier
from papers.models import Paper
from papers.sources import Record, Rejection

__all__ = [
    "Tally",
    "assign_topics",
    "identify",
    "in_bulk",
    "ingest",
    "join",
    "keeper",
    "the_classifier",
]


def ingest(
    records: Iterable[Record | Rejection],
    *,
    kind: str,
    day: dt.date,
    now: dt.datetime,
    dry_run: bool = False,
    rejections: Sequence[Rejection] = (),
    study: Study | None = None,
    on_progress: Callable[[Tally], None] = lambda tally: None,
) -> Tally:
    """Insert or update the papers of `records` and return what happened; `day` is theirs when they name none.

    Each batch of 500 is one transaction: small enough that a lock on SQLite is short. A stream may hold rejections too;
    they are counted and told. `study` is where a second process that reads ahead leaves what it found out.
    """
    tally = Tally()
    for rejection in rejections:
        tally.reject(rejection)
    study = study or Study(the_classifier())
    for items in in_batches(records):
        tally.add(_take(items, lambda part: Batch(kind, day, now, study, part), dry_run=dry_run))
        on_progress(tally)
    if tally.new and kind != "sample" and not dry_run:
        _put_samples_away()
    return tally


def _take(items: list[Record | Rejection], batch: Callable[[Tally], Batch], *, dry_run: bool) -> Tally:
    """Write one batch; another worker may bring the same paper at the same moment, then it is looked up again."""
    for is_last in (False, True):
        part = Tally()
        try:
            with transaction.atomic():
                commit_lightly()
                batch(part).take(items)
                transaction.set_rollback(dry_run)
        except IntegrityError:
            if is_last:
                raise
        else:
            return part
    raise AssertionError("the second try ends in a tally or an error")


def _put_samples_away() -> None:
    """Hide the invented papers: the first real ones are here."""
    Paper.objects.filter(is_sample=True, is_hidden=False).update(is_hidden=True)
