"""Send what waits: edition by edition in turn, batch by batch."""

from __future__ import annotations

import datetime as dt
import time
from collections import Counter
from collections.abc import Callable

from newsletter.models import Edition
from newsletter.preflight import hold_if_unfit
from newsletter.sending.batch import FULL, Run, send_batch
from newsletter.sending.journal import Journal
from newsletter.sending.worker import sole_sender

_LEAST = 50
_INTENT_SECONDS = 0.5


def in_seconds(seconds: float) -> Callable[[], bool]:
    """Return a question that is answered with yes from then on."""
    end = time.monotonic() + seconds
    return lambda: time.monotonic() >= end


def send_pending(*, now: dt.datetime, is_over: Callable[[], bool] | None = None) -> Counter[str]:
    """Hand over every digest that waits at `now`, until `is_over` says yes after a batch; return how many ended how.

    Counts by "sent", "failed", "deferred", "unknown", "skipped", and "stopped" when the mail server turned us away.
    """
    tally: Counter[str] = Counter()
    with sole_sender() as may_send:
        if may_send and Edition.objects.on_its_way().exists():
            with Journal() as journal:
                _send_in_turn(journal, tally, now=now, is_over=is_over or (lambda: False))
    return tally


def _send_in_turn(journal: Journal, tally: Counter[str], *, now: dt.datetime, is_over: Callable[[], bool]) -> None:
    limit, run = FULL, Run(journal, now)
    while not tally["stopped"]:
        before = tally.total()
        for edition in Edition.objects.on_its_way():
            if is_over():
                return
            if hold_if_unfit(edition, now=now, stock=run.stock):
                continue
            batch = send_batch(run, edition, limit=limit)
            tally.update(batch.tally)
            if len(batch.digests) >= limit:
                limit = _next_limit(limit, batch.seconds)
        if tally.total() == before:
            return


def _next_limit(limit: int, seconds: float) -> int:
    return max(_LEAST, min(FULL, int(limit * _INTENT_SECONDS / max(seconds, 0.01))))
