"""A topic's papers through time, however many there are."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Exists, OuterRef

from papers import days
from papers.models import Paper, PaperQuerySet, PaperTopic, Topic

PAGE = 30  # papers
RECENT = 28  # days
# From this many papers in four weeks on, walking down the days meets the topic sooner than sorting all its papers does.
DENSE = 8


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some whole days of a topic, newest first. `before` is where the next stretch starts; `crowded` is a day of which
    only the first papers are here; `recent` counts the papers of the topic in the newest four weeks."""

    papers: list[Paper]
    recent: int
    before: dt.date | None = None
    crowded: dt.date | None = None


def stretch(topic: Topic, *, today: dt.date, before: dt.date | None = None) -> Stretch:
    """Return about PAGE papers of a topic up to `today`, or from before a day."""
    count = _recent_count(topic, today=today)
    rows = list(_of(topic, count).filter(featured_on__lt=before or today + dt.timedelta(days=1))[: PAGE + 1])
    if len(rows) <= PAGE:
        return Stretch(rows, count)
    cut = rows[PAGE].featured_on
    whole = [paper for paper in rows if paper.featured_on > cut]
    if whole:
        return Stretch(whole, count, before=whole[-1].featured_on)
    return Stretch(rows[:PAGE], count, before=cut, crowded=cut)


def newest(topic: Topic, *, today: dt.date, limit: int) -> list[Paper]:
    """Return the newest papers of a topic."""
    papers = _of(topic, _recent_count(topic, today=today)).filter(featured_on__lte=today)
    return list(papers[:limit])


def recent(*, today: dt.date) -> list[tuple[Topic, int]]:
    """Return the topics with their papers in the four weeks up to the newest day, as they were some minutes ago."""
    return days.topics_of(days.Span.until(days.newest(today=today) or today, days=RECENT))


def _recent_count(topic: Topic, *, today: dt.date) -> int:
    return next((count for counted, count in recent(today=today) if counted == topic), 0)


def _of(topic: Topic, recent: int) -> PaperQuerySet:
    papers = Paper.objects.listed().order_by("-featured_on", "-trend", "-votes", "id")
    if recent < DENSE:
        return papers.filter(paper_topics__topic=topic)
    return papers.filter(Exists(PaperTopic.objects.filter(topic=topic, paper=OuterRef("pk"))))
