"""The letters of an intent on their way: a thread hands them over while their owner makes the next ones ready.

The thread speaks to the mail server and the journal, never to the database: what became of the letters its owner writes
down. With one thread for both, the wire stood still for two thirds of the time.
"""

from __future__ import annotations

import datetime as dt
import os
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import lru_cache
from types import TracebackType
from typing import Self

from mail.letter import Letter
from mail.transport import Outcome, deliver
from newsletter.models import Edition
from newsletter.sending.brakes import Streak, pull_after_streak
from newsletter.sending.journal import Intent, Journal
from newsletter.sending.outcomes import BUDGETS, write_down

# How long the hand of an editor who pauses may stay unseen while letters leave.
_LOOK_UP_SECONDS = 0.5
# What keeps a letter here and is no word of a mail server.
_OUR_OWN = {*BUDGETS, "rest", "journal"}
# Of the letters of one intent, when the next one is written: so the wire goes on, and few letters stand under both.
_NEARLY = 0.75


class Handover:
    """The letters of one intent of a claim, by digest; `claims` maps these digests to their claim numbers."""

    def __init__(self, edition: Edition, intent: Intent, letters: dict[int, Letter], claims: dict[int, int]) -> None:
        self.edition, self.intent, self.letters, self.claims = edition, intent, letters, claims
        self.outcomes: list[Outcome] = []
        self.last_straw: Outcome | None = None  # the refusal after which all had to stop
        self.seconds = 0.0
        self.is_nearly_done = threading.Event()

    def note(self, outcome: Outcome) -> None:
        """Keep what became of one letter."""
        self.outcomes.append(outcome)
        if len(self.outcomes) >= len(self.letters) * _NEARLY:
            self.is_nearly_done.set()

    def is_wanted(self) -> bool:
        """Say whether the edition may go on."""
        return Edition.objects.on_its_way().filter(pk=self.edition.pk).exists()

    def turned_away_by(self) -> Outcome | None:
        """Return what a mail server said that wanted none of our letters; None when it wanted them."""
        return next((each for each in self.outcomes if each.is_transport and each.stage not in _OUR_OWN), None)

    def write_down(self, *, now: dt.datetime) -> Counter[str]:
        """Move the digests to where their outcomes say; return how many ended how."""
        if self.last_straw is not None:
            pull_after_streak(self.edition, self.last_straw)
        left = {int(key) for key in self.intent.left}
        tally = write_down(self.intent.journal.lease, self.outcomes, left=left, intended=self.claims, now=now)
        self.intent.journal.note_settled()
        return tally


class Wire:
    """What leaves this worker: the letters of one intent on their way, those of another ready behind them."""

    def __init__(self, *, now: dt.datetime) -> None:
        self.now = now
        self.tally: Counter[str] = Counter()
        self.turned_away_by: Outcome | None = None
        self.seconds = 0.0  # that the last handing over took
        self._streak = Streak()
        self._is_halted = False
        self._under_way: deque[tuple[Handover, Future[None]]] = deque()
        self._journals: list[Journal] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            if kind is None:
                self.drain()
        finally:
            self._is_halted = True
            wait([future for _handover, future in self._under_way])
            for journal in self._journals:
                journal.abandon()

    def new_journal(self) -> Journal:
        """Return the journal of a new claim; raise JournalFull."""
        self._journals = [journal for journal in self._journals if journal.is_open]
        self._journals.append(Journal.open())
        return self._journals[-1]

    def make_room(self) -> None:
        """Wait until the next intent may be written: hardly anything is left of the one before."""
        if self._under_way:
            handover, _future = self._under_way[-1]
            while not handover.is_nearly_done.wait(_LOOK_UP_SECONDS):
                self._look_up(handover)

    def send(self, handover: Handover) -> bool:
        """Send these letters behind those under way, and write down what became of the latter.

        False when a halt stopped both: the editor's pause, or refusals in a row.
        """
        self._under_way.append((handover, _thread(os.getpid()).submit(self._hand_over, handover)))
        self._write_down(but=1)
        if not self._is_halted:
            return True
        self.drain()
        return False

    def drain(self) -> None:
        """Wait until all is handed over and written down."""
        self._write_down(but=0)
        self._is_halted = False

    def _write_down(self, *, but: int) -> None:
        while len(self._under_way) > but:
            handover, future = self._under_way[0]
            while not wait([future], timeout=_LOOK_UP_SECONDS).done:
                self._look_up(handover)
            future.result()
            self.tally.update(handover.write_down(now=self.now))
            self.turned_away_by = handover.turned_away_by() or self.turned_away_by
            self.seconds = handover.seconds
            self._under_way.popleft()

    def _look_up(self, handover: Handover) -> None:
        self._is_halted = self._is_halted or not handover.is_wanted()

    # --- In the thread --------------------------------------------------------------------------------------
    def _hand_over(self, handover: Handover) -> None:
        started = time.monotonic()
        try:
            for outcome in deliver(self._while_wanted(handover), journal=handover.intent):
                handover.note(outcome)
                if self._streak.is_too_long(outcome, handover.letters[int(outcome.key)].to) and not self._is_halted:
                    self._is_halted, handover.last_straw = True, outcome
        finally:
            handover.seconds = time.monotonic() - started
            handover.is_nearly_done.set()

    def _while_wanted(self, handover: Handover) -> Iterator[Letter]:
        for letter in handover.letters.values():
            if self._is_halted or not handover.intent.is_in_time():
                return
            yield letter


@lru_cache(maxsize=1)
def _thread(pid: int) -> ThreadPoolExecutor:
    """Return this process's thread: one for all runs, so that its connections stay open, and none across a fork."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"wire-{pid}")
