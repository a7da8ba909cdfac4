"""Doorbells: they carry no truth; what is due stands in the database."""

import datetime as dt
import logging
from collections import Counter

from celery import shared_task
from django.conf import settings
from django.core.management import CommandError, call_command

from newsletter.building import address_announcements, build_due
from newsletter.discarding import discard
from newsletter.experimenting import guard
from newsletter.models import Pulse
from newsletter.sending import in_seconds, send_pending, sweep
from papers.clock import database_now
from subscribers.tasks import send_notices

# Well under the time limit of a task: what is left over waits for the next tick, 15 s later at most.
_SECONDS = 60
# Both of a worker's processes may hold such a task, and a person who waits for a confirmation cannot wait for its end.
_TURN_SECONDS = 10
logger = logging.getLogger(__name__)
_READERS = 5_000


@shared_task
def tick() -> None:
    """Settle, choose and send what is due."""
    now = database_now()
    Pulse.beat(Pulse.WORK, now=now)
    addressed = address_announcements(now=now, limit=_READERS)
    done = sweep(now=now) + Counter(chosen=build_due(now=now, limit=_READERS), addressed=addressed) + _send(now=now)
    if +done:
        logger.info("Digests: %s", ", ".join(f"{count} {name}" for name, count in sorted((+done).items())))


def _send(*, now: dt.datetime) -> Counter[str]:
    """Send what waits for a minute at most, and between two turns the letters that people wait for."""
    done, is_over = Counter[str](), in_seconds(_SECONDS)
    while not is_over():
        turn = send_pending(now=now, is_over=in_seconds(_TURN_SECONDS))
        done += turn
        if not turn or turn["stopped"]:
            break
        send_notices()
    return done


@shared_task
def guard_experiment() -> None:
    """Stop the ranking experiment whose time is over or whose readers are worse off."""
    guard(now=database_now())


@shared_task
def discard_old_digests() -> None:
    """Delete some of the digests that are too old, and what came back for them."""
    done = discard(now=database_now(), is_over=in_seconds(_TURN_SECONDS))
    if +done:
        logger.info("Kept no longer: %s digests, %s events", done["digests"], done["events"])


@shared_task
def fetch_bounces() -> None:
    """Read the mailbox of bounces, where there is one."""
    if settings.BOUNCE_MAILBOX:
        try:
            call_command("fetch_bounces")
        except CommandError as error:
            logger.error("Bounces were not read: %s", error)
