"""Invented readers for the tests of building and sending."""

from __future__ import annotations

import datetime as dt

from papers.models import Topic
from subscribers.models import Subscriber

DAY = dt.date(2025, 7, 29)
MORNING = dt.datetime(2025, 7, 29, 7, tzinfo=dt.UTC)
CONFIRMED = dt.datetime(2025, 7, 1, tzinfo=dt.UTC)


def make_reader(number: int = 1, *, topics: tuple[str, ...] = (), **wishes) -> Subscriber:
    """Return an active reader who is due at seven in the morning, UTC, of DAY."""
    wishes = {"next_digest_at": MORNING, "next_digest_day": DAY, **wishes}
    reader = Subscriber.objects.create(
        email=f"reader{number}@example.org", state="active", confirmed_at=CONFIRMED, **wishes
    )
    for slug in topics:
        reader.topic_preferences.create(topic=Topic.objects.get_or_create(slug=slug, defaults={"name": slug})[0])
    return reader
