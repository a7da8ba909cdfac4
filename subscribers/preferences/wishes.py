"""Changing what a reader wants and when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from django.db import transaction

from subscribers.models import Subscriber, TopicPreference


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """What the reader asks for. `topics` maps a topic's id to a TopicPreference.Weight; absent means no wish."""

    topics: Mapping[int, int] = field(default_factory=dict)
    keywords: list[str]
    authors: list[str]
    cadence: str
    days: list[int]
    hour: int
    timezone: str
    size: int
    min_papers: int
    wants_quiet_letter: bool
    wants_updates: bool
    quiet_holidays: str
    language: str


# The columns of a reader that hold them; a topic is a row of its own.
WISHES = [each.name for each in fields(Preferences) if each.name != "topics"]


@transaction.atomic
def change(reader: Subscriber, wanted: Preferences, *, now: dt.datetime) -> None:
    """Keep the reader's wishes, all of them, and write the next digest ahead for them. A pause stays as it is."""
    for name in WISHES:
        setattr(reader, name, getattr(wanted, name))
    reader.save(update_fields=WISHES)
    _keep_topics(reader, wanted.topics)
    if reader.state == Subscriber.State.PAUSED and reader.paused_until:
        reader.pause(until=reader.paused_until, now=now)
    else:
        reader.reschedule(now=now)


def _keep_topics(reader: Subscriber, weights: Mapping[int, int]) -> None:
    # Topics that the editor has switched off are not on the page: what the reader said of them stays.
    shown = reader.topic_preferences.filter(topic__is_active=True)
    shown.exclude(topic__in=weights).delete()
    TopicPreference.objects.bulk_create(
        [TopicPreference(subscriber=reader, topic_id=pk, weight=weight) for pk, weight in weights.items()],
        update_conflicts=True,
        unique_fields=["subscriber", "topic"],
        update_fields=["weight"],
    )
