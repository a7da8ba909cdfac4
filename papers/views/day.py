"""One day of papers."""

from __future__ import annotations

import datetime as dt

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from papers import days, forms
from papers.models import Topic
from papers.views.public import public_page, read

PAGE = 60  # papers


@public_page
def day(request: HttpRequest, day: dt.date | None = None) -> HttpResponse:
    """Show the papers of a day; without one, of the newest day that has any."""
    today = timezone.localdate()
    wishes = read(forms.DayQuery, request)
    shown = day or days.newest(today=today) or today
    papers = days.papers_of(shown, shown)
    topic = get_object_or_404(Topic, slug=wishes["topic"]) if wishes["topic"] else None
    if topic:
        papers = papers.on_topics([topic.slug])
    context = {
        "section": "day",
        "day": shown,
        "today": today,
        "is_newest": day is None,
        "neighbours": days.neighbours(shown, shown, today=today),
        "topic": topic,
        "topics": days.topics_of(shown, shown),
        "page": Paginator(papers, PAGE).get_page(wishes["page"]),
    }
    return render(request, "papers/day.html", context)
