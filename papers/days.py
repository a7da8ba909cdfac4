"""Which days have papers, and what stands on them."""

from __future__ import annotations

import calendar
import datetime as dt
from dataclasses import dataclass

from django.core.cache import cache
from django.db.models import Count, Max, Min, Q

from papers.models import Paper, PaperQuerySet, Topic

KEPT = 300  # seconds


@dataclass(frozen=True, slots=True)
class Span:
    """The days `first` to `last`, both included."""

    first: dt.date
    last: dt.date

    @classmethod
    def of_day(cls, day: dt.date) -> Span:
        return cls(day, day)

    @classmethod
    def of_week(cls, day: dt.date) -> Span:
        """Return the week of a day, Monday to Sunday."""
        monday = day - dt.timedelta(days=day.weekday())
        return cls(monday, monday + dt.timedelta(days=6))

    @classmethod
    def of_month(cls, day: dt.date) -> Span:
        return cls(day.replace(day=1), day.replace(day=calendar.monthrange(day.year, day.month)[1]))

    @classmethod
    def until(cls, day: dt.date, *, days: int) -> Span:
        """Return the last `days` days, `day` the last of them."""
        return cls(day - dt.timedelta(days=days - 1), day)


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The nearest days with papers before and after a span; empty days are stepped over."""

    before: dt.date | None
    after: dt.date | None


def newest(*, today: dt.date) -> dt.date | None:
    """Return the newest day up to `today` that has papers, or None when there is none at all."""
    return Paper.objects.published().filter(featured_on__lte=today).aggregate(day=Max("featured_on"))["day"]


def neighbours(span: Span, *, today: dt.date) -> Neighbours:
    """Return the nearest days with papers before and after `span`, none of them after `today`."""
    papers = Paper.objects.published()
    before = papers.filter(featured_on__lt=span.first, featured_on__lte=today).aggregate(day=Max("featured_on"))["day"]
    after = papers.filter(featured_on__gt=span.last, featured_on__lte=today).aggregate(day=Min("featured_on"))["day"]
    return Neighbours(before, after)


def papers_of(span: Span) -> PaperQuerySet:
    """Return the papers of some days ready to be listed: of one day those that move most first, of more those that
    were liked most, for what moves is always what is new."""
    papers = Paper.objects.listed().featured_between(span.first, span.last)
    return papers.order_by("-votes", "-trend", "id") if span.last > span.first else moving(papers)


def moving(papers: PaperQuerySet) -> PaperQuerySet:
    """Return the papers in the order of how much they move."""
    return papers.order_by("-trend", "-votes", "id")


def topics_of(span: Span) -> list[tuple[Topic, int]]:
    """Return the active topics that papers of these days carry, and how many, commonest first.

    Of more than one day they are kept for some minutes: the papers of a month are counted by thousands.
    """
    if span.first == span.last:
        return _count(span)
    return cache.get_or_set(f"papers.topics.{span.first}.{span.last}", lambda: _count(span), KEPT) or []


def _count(span: Span) -> list[tuple[Topic, int]]:
    of_these_days = Q(papers__featured_on__range=(span.first, span.last), papers__is_hidden=False)
    counted = Topic.objects.filter(of_these_days, is_active=True).annotate(count=Count("papers"))
    return [(topic, topic.count) for topic in counted.order_by("-count", "position", "name")]
