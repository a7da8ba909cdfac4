"""Doorbells of the papers' room: what is due stands in the database."""

from celery import shared_task
from django.utils import timezone

from papers.fetching import fetch_due


@shared_task
def fetch_sources() -> None:
    """Ask the sources that are due."""
    fetch_due(now=timezone.now())
