"""What each reader likes, as plain values for the ranker: a handful of queries for any number of readers."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection

from newsletter.models import Digest
from papers.ranking import Taste
from subscribers.models import Subscriber, TopicPreference

# A paper comes back to nobody within this time; older candidates do not exist.
SEEN_FOR = dt.timedelta(days=60)


def tastes_of(subscriber_ids: Collection[int], *, now: dt.datetime) -> dict[int, Taste]:
    """Return the taste of each of these readers; an unknown id is left out."""
    topics = _topics(subscriber_ids)
    seen = _seen(subscriber_ids, now=now)
    wishes = Subscriber.objects.filter(pk__in=subscriber_ids).values_list("pk", "keywords", "authors")
    return {
        pk: Taste(topics=topics[pk], keywords=tuple(keywords), authors=tuple(authors), seen=frozenset(seen[pk]))
        for pk, keywords, authors in wishes
    }


def _topics(subscriber_ids: Collection[int]) -> dict[int, dict[str, int]]:
    found: dict[int, dict[str, int]] = defaultdict(dict)
    rows = TopicPreference.objects.filter(subscriber__in=subscriber_ids)
    for pk, slug, weight in rows.values_list("subscriber", "topic__slug", "weight"):
        found[pk][slug] = weight
    return found


def _seen(subscriber_ids: Collection[int], *, now: dt.datetime) -> dict[int, set[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    sent = Digest.objects.filter(subscriber__in=subscriber_ids, created_at__gt=now - SEEN_FOR)
    for pk, picks in sent.exclude(state=Digest.State.SKIPPED).values_list("subscriber", "picks"):
        found[pk].update(pick["paper"] for pick in picks)
    return found
