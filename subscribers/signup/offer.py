"""The topics that a visitor may choose, with what they bring."""

from __future__ import annotations

import datetime as dt

from django.db.models import Count, Q

from papers.models import Paper, Topic

_WINDOW = dt.timedelta(days=28)


def topics_on_offer(*, now: dt.datetime) -> list[Topic]:
    """Return the active topics, each with `per_day`: its papers on a day that had papers, over four weeks, rounded."""
    first = now.date() - _WINDOW
    recent = Q(papers__featured_on__gt=first, papers__is_hidden=False)
    topics: list[Topic] = list(Topic.objects.filter(is_active=True).annotate(recent=Count("papers", filter=recent)))
    days = Paper.objects.published().filter(featured_on__gt=first).values("featured_on").distinct().count()
    for topic in topics:
        topic.per_day = round(topic.recent / days) if days else 0  # type: ignore[attr-defined]
    return topics
