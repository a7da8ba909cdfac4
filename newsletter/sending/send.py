"""Send what waits: edition by edition in turn, claim by claim."""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections import Counter
from collections.abc import Callable
from socket import gethostname

from newsletter.models import Edition, Pulse
from newsletter.preflight import hold_if_unfit
from newsletter.sending.batch import Run
from newsletter.sending.handover import Wire
from newsletter.sending.journal import JournalFull
from newsletter.sending.worker import sole_sender

logger = logging.getLogger(__name__)


def in_seconds(seconds: float) -> Callable[[], bool]:
    """Return a question that is answered with yes from then on."""
    end = time.monotonic() + seconds
    return lambda: time.monotonic() >= end


def send_pending(*, now: dt.datetime, is_over: Callable[[], bool] | None = None) -> Counter[str]:
    """Hand over every digest that waits at `now`, until `is_over` says yes after a claim; return how many ended how.

    Counts by "sent", "failed", "deferred", "unknown", "skipped", and "stopped" when the mail server turned us away or
    our journal's disk is full.
    """
    wire = Wire(now=now)
    with sole_sender() as may_send:
        if may_send and Edition.objects.on_its_way().exists():
            with wire:
                _send_in_turn(Run(wire, now=now), is_over=is_over or (lambda: False))
            if wire.turned_away_by is not None:
                Pulse.beat(Pulse.TURNED_AWAY, now=now, said=wire.turned_away_by.words)
    return wire.tally


def _send_in_turn(run: Run, *, is_over: Callable[[], bool]) -> None:
    tally = run.wire.tally
    while not tally["stopped"]:
        before = tally.total()
        for edition in Edition.objects.on_its_way():
            if is_over():
                return
            if hold_if_unfit(edition, now=run.now, stock=run.stock):
                continue
            try:
                run.send_batch(edition)
            except JournalFull as error:
                logger.warning("The journal takes nothing (%s): the letters wait", error.strerror)
                Pulse.beat(Pulse.DISK_FULL, now=run.now, said=f"{error.strerror}, {gethostname()}")
                tally["stopped"] += 1
                return
        if tally.total() == before:
            run.wire.drain()  # what is under way has not been counted yet
            if tally.total() == before:
                return
