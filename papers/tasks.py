"""Doorbells of the papers' room: what is due stands in the database."""

from celery import shared_task
from django.contrib.sessions.backends.db import SessionStore

from papers.clock import database_now
from papers.fetching import fetch_due
from papers.vectors import catch_up


@shared_task
def fetch_sources() -> None:
    """Ask the sources that are due."""
    fetch_due(now=database_now())
    keep_vectors.delay()


@shared_task
def keep_vectors() -> None:
    """Give new papers their vectors."""
    catch_up(now=database_now(), limit=200)


@shared_task
def clear_sessions() -> None:
    """Delete what has ended: editors' logins, and files of papers that waited for a yes."""
    SessionStore.clear_expired()
