"""The whole day's work in one plain loop, without Celery and Redis."""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
import signal
import threading
import time
from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.core.checks import Tags
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, InterfaceError, connections
from django.utils import timezone

from newsletter.building import address_announcements, build_due
from newsletter.discarding import discard
from newsletter.experimenting import guard
from newsletter.memory import settle
from newsletter.models import Digest, Pulse
from newsletter.rehearsing import rehearse
from newsletter.sending import in_seconds, send_pending, sweep
from papers import tables
from papers.clock import database_now
from papers.fetching import fetch_due
from papers.vectors import catch_up
from subscribers import letters, signup, staying

logger = logging.getLogger(__name__)
_PAUSE_SECONDS = 5.0
# So that the first of a million readers need not wait until the last one's papers are chosen.
_READERS_A_ROUND = 20_000
# So that a person who waits for a confirmation need not wait until a million digests have left a slow server.
_TURN_SECONDS = 10.0

# Vectors a turn: 2 s with the semantic extra, so that letters never wait for an archive.
VECTORS_A_TURN = 20


class Command(BaseCommand):
    help = "Do all the work that is due: account letters, digests, what a crash left, sources. Stops when all is done."
    # Not whether the addresses are right: that loads every page, 30 MB for a process that shows none.
    requires_system_checks = [Tags.security, Tags.models, Tags.caches]

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--forever", action="store_true", help="look again every 5 s until SIGTERM or Ctrl-C")
        parser.add_argument("--now", metavar="ISO", help="pretend that it is this time (with offset, else UTC)")

    def handle(self, *, forever: bool, now: str | None, **_: Any) -> None:
        self.fixed = _read_time(now)
        self.stop = threading.Event()
        self.next_hour: dt.datetime | None = None
        if forever:
            self.get_ready()
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: self.stop.set())
            self._work_forever()
        else:
            _demand_tables()
            self._work_until_done()

    def get_ready(self) -> None:
        """Load what the first letters would wait for; for Celery's worker too, before it forks."""
        _demand_tables()
        rehearse(now=timezone.now())
        settle()

    def _work_until_done(self) -> None:
        tally: Counter[str] = Counter()
        said = time.monotonic()
        while (done := self._round()) and not done["stopped"]:
            tally += done
            if time.monotonic() - said > _PAUSE_SECONDS:
                said = time.monotonic()
                self.stderr.write(f"{tally['chosen']:,} chosen and {tally['sent']:,} sent so far")
        tally += done
        self.stdout.write(_summary(tally))

    def _work_forever(self) -> None:
        while not self.stop.is_set():
            try:
                done = self._round()
            except DatabaseError as error:
                logger.warning("The database is away (%s); trying again", type(error).__name__)
                connections.close_all()
                done = Counter()
            if done:
                with contextlib.suppress(OSError):  # a log whose disk is full stops no letter
                    self.stdout.write(_summary(done))
            if not done or done["stopped"]:
                self.stop.wait(_PAUSE_SECONDS)

    def _round(self) -> Counter[str]:
        """Do once all that is due; empty when nothing was."""
        now = self.fixed or database_now()
        if self.fixed is None:
            Pulse.beat(Pulse.WORK, now=now)
        # Account letters first: somebody looks at the mailbox and waits.
        signup.settle(now=now)
        done = Counter(notices=letters.send(now=now)) + sweep(now=now)
        done["addressed"] += address_announcements(now=now, limit=_READERS_A_ROUND)
        done["chosen"] += build_due(now=now, limit=_READERS_A_ROUND)
        turn_is_over = in_seconds(_TURN_SECONDS)
        done += send_pending(now=now, is_over=lambda: self.stop.is_set() or turn_is_over())
        if self.fixed is None:  # the web knows no pretended time
            done["sources"] += fetch_due(now=now)
            catch_up(now=now, limit=VECTORS_A_TURN)
            self._once_an_hour(now)
        return +done

    def _once_an_hour(self, now: dt.datetime) -> None:
        """Do what looks at every reader or at another machine: as often as the clock rings for it."""
        if self.next_hour is not None and now < self.next_hour:
            return
        self.next_hour = now + dt.timedelta(hours=1)
        signup.forget(now=now)
        SessionStore.clear_expired()
        staying.ask_and_stop(now=now)
        guard(now=now)
        discard(now=now, is_over=in_seconds(_TURN_SECONDS))
        if settings.BOUNCE_MAILBOX:
            try:
                call_command("fetch_bounces")
            except CommandError as error:
                logger.warning("Bounces were not read: %s", error)


def _demand_tables() -> None:
    """Refuse to work on tables of a version before; a database that is away is waited for, as ever."""
    with contextlib.suppress(DatabaseError, InterfaceError):
        if missing := tables.missing():
            raise CommandError(missing)


def _read_time(text: str | None) -> dt.datetime | None:
    if text is None:
        return None
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"--now: “{text}” is no time like 2025-07-29T07:00+02:00.") from error
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)


def _summary(tally: Counter[str]) -> str:
    """Return one line that says what was done and what waits."""
    words = [f"{tally['chosen']} chosen", f"{tally['sent']} sent"]
    words += [f"{count} {name}" for name, count in sorted(tally.items()) if name not in ("chosen", "sent", "stopped")]
    waiting = Digest.objects.filter(state=Digest.State.PENDING).count()
    doubtful = Digest.objects.filter(state=Digest.State.UNKNOWN).count()
    words += [f"{waiting} still wait"] if waiting else []
    words += [f"{doubtful} in doubt, settled within two minutes"] if doubtful else []
    return (
        "Digests: " + ", ".join(words) + (". Sending has stopped, and the log says why." if tally["stopped"] else ".")
    )
