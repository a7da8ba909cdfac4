"""One day, one week, one month of papers, and what moves most."""

from __future__ import annotations

import datetime as dt

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from papers import days, forms, scoring
from papers.models import Topic
from papers.public import public_page, read

PAGE = 60  # papers
MOST_TRENDING = 40  # papers


@public_page
def day(request: HttpRequest, day: dt.date | None = None) -> HttpResponse:
    """Show the papers of a day; without one, of the newest day that has any."""
    today = timezone.localdate()
    shown = day or days.newest(today=today) or today
    context = {"section": "day", "day": shown, "is_newest": day is None}
    return _page(request, "papers/day.html", days.Span.of_day(shown), today, context)


@public_page
def week(request: HttpRequest, week: dt.date | None = None) -> HttpResponse:
    """Show the papers of a week, `week` its Monday; without one, of the newest week that has any."""
    today = timezone.localdate()
    span = days.Span.of_week(week or days.newest(today=today) or today)
    return _page(request, "papers/week.html", span, today, {"section": "week"})


@public_page
def month(request: HttpRequest, month: dt.date | None = None) -> HttpResponse:
    """Show the papers of a month, `month` its first day; without one, of the newest month that has any."""
    today = timezone.localdate()
    span = days.Span.of_month(month or days.newest(today=today) or today)
    return _page(request, "papers/month.html", span, today, {"section": "month"})


@public_page
def trending(request: HttpRequest) -> HttpResponse:
    """Show what moves most in the two weeks up to the newest day."""
    today = timezone.localdate()
    span = days.Span.until(days.newest(today=today) or today, days=14)
    papers = list(days.moving(days.papers_of(span))[:MOST_TRENDING])
    context = {
        "section": "trending",
        "papers": papers,
        "terms": scoring.explain(papers, now=timezone.now()),
        "topics": days.topics_of(span),
    }
    return render(request, "papers/trending.html", context)


def _page(request: HttpRequest, template: str, span: days.Span, today: dt.date, context: dict) -> HttpResponse:
    wishes = read(forms.DayQuery, request)
    topic = get_object_or_404(Topic, slug=wishes["topic"]) if wishes["topic"] else None
    papers = days.papers_of(span)
    if topic:
        papers = papers.on_topics([topic.slug])
    common = {
        "span": span,
        "today": today,
        "neighbours": days.neighbours(span, today=today),
        "topic": topic,
        "topics": days.topics_of(span),
        "page": Paginator(papers, PAGE).get_page(wishes["page"]),
    }
    return render(request, template, common | context)
