"""The papers of one topic."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from papers.models import Paper, Topic
from papers.views.public import public_page


@public_page
def topic(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the newest papers of a topic."""
    topic = get_object_or_404(Topic, slug=slug)
    papers = Paper.objects.listed().on_topics([slug]).order_by("-featured_on", "-trend", "-votes", "id")[:30]
    return render(request, "papers/topic.html", {"section": "topics", "topic": topic, "papers": papers})
