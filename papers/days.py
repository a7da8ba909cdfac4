"""Which days have papers, and what stands on them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, Max, Min, Q

from papers.models import Paper, PaperQuerySet, Topic


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The nearest days with papers before and after a day; empty days are stepped over."""

    before: dt.date | None
    after: dt.date | None


def newest(*, today: dt.date) -> dt.date | None:
    """Return the newest day up to `today` that has papers, or None when there is none at all."""
    return Paper.objects.published().filter(featured_on__lte=today).aggregate(day=Max("featured_on"))["day"]


def neighbours(first: dt.date, last: dt.date, *, today: dt.date) -> Neighbours:
    """Return the nearest days with papers before `first` and after `last`, none of them after `today`."""
    papers = Paper.objects.published()
    before = papers.filter(featured_on__lt=first).aggregate(day=Max("featured_on"))["day"]
    after = papers.filter(featured_on__gt=last, featured_on__lte=today).aggregate(day=Min("featured_on"))["day"]
    return Neighbours(before, after)


def papers_of(first: dt.date, last: dt.date) -> PaperQuerySet:
    """Return the papers of the days `first` to `last`, those that move most first, ready to be listed."""
    return Paper.objects.listed().featured_between(first, last).order_by("-trend", "-votes", "id")


def topics_of(first: dt.date, last: dt.date) -> list[Topic]:
    """Return the active topics with `count`, their papers on the days `first` to `last`, those with none left out."""
    of_these_days = Q(papers__featured_on__range=(first, last), papers__is_hidden=False)
    topics = Topic.objects.filter(is_active=True).annotate(count=Count("papers", filter=of_these_days))
    return list(topics.filter(count__gt=0).order_by("-count", "position", "name"))
