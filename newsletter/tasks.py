"""Doorbells: they carry no truth; what is due stands in the database."""

import logging

from celery import shared_task
from django.conf import settings
from django.core.management import CommandError, call_command

from newsletter.building import build_due
from newsletter.clock import database_now
from newsletter.experimenting import guard
from newsletter.models import Pulse
from newsletter.sending import in_seconds, send_pending, sweep

# Well under the time limit of a task: what is left over waits for the next tick, 15 s later at most.
_SECONDS = 60
logger = logging.getLogger(__name__)
_READERS = 5_000


@shared_task
def tick() -> None:
    """Settle, choose and send what is due."""
    now = database_now()
    Pulse.beat("digests", now=now)
    sweep(now=now)
    build_due(now=now, limit=_READERS)
    send_pending(now=now, is_over=in_seconds(_SECONDS))


@shared_task
def guard_experiment() -> None:
    """Stop the ranking experiment whose time is over or whose readers are worse off."""
    guard(now=database_now())


@shared_task
def fetch_bounces() -> None:
    """Read the mailbox of bounces, where there is one."""
    if settings.BOUNCE_MAILBOX:
        try:
            call_command("fetch_bounces")
        except CommandError as error:
            logger.error("Bounces were not read: %s", error)
