"""Doorbells: Celery rings, the database says what there is to do."""

import logging
from functools import partial

from celery import current_app, shared_task
from django.db import transaction
from kombu.exceptions import OperationalError

from papers.clock import database_now
from subscribers import letters, signup, staying
from subscribers.models import Subscriber

logger = logging.getLogger(__name__)


@shared_task
def send_notices() -> None:
    """Decide on new sign-ups, hand over the account letters, and wake those whose pause is over."""
    now = database_now()
    signup.settle(now=now)
    letters.send(now=now)
    Subscriber.objects.resume_rested(now=now)


@shared_task
def forget_unconfirmed() -> None:
    """Delete the addresses that nobody confirmed."""
    signup.forget(now=database_now())


@shared_task
def ask_silent_readers() -> None:
    """Ask those who were silent for long, and stop for those who did not answer."""
    staying.ask_and_stop(now=database_now())


def nudge() -> None:
    """Ring for account letters once the page's work is committed."""
    transaction.on_commit(partial(_ring, send_notices.name))


def nudge_digests() -> None:
    """Ring for a digest that is due now, likewise. By name: digests are the newsletter's business, above us."""
    transaction.on_commit(partial(_ring, "newsletter.tasks.tick"))


def _ring(task: str) -> None:
    """Without a broker the next tick of the clock does it, which is also why an old ring is worth nothing."""
    try:
        current_app.send_task(task, retry=False, expires=15)
    except (OperationalError, OSError) as error:
        logger.warning("no broker to nudge (%s); the letters leave with the next tick", type(error).__name__)
