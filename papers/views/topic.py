"""The topics, and the papers of one."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from papers import archive, forms
from papers.models import Topic
from papers.public import public_page, read


@public_page
def topics(request: HttpRequest) -> HttpResponse:
    """Show all topics, each with how much it gets."""
    counts = {topic.pk: count for topic, count in archive.recent(today=timezone.localdate())}
    rows = [(topic, counts.get(topic.pk, 0)) for topic in Topic.objects.filter(is_active=True)]
    return render(request, "papers/topics.html", {"section": "topics", "rows": rows})


@public_page
def topic(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the papers of a topic, newest first."""
    topic = get_object_or_404(Topic.objects.select_related("parent"), slug=slug)
    before = read(forms.TopicQuery, request)["before"]
    context = {
        "section": "topics",
        "topic": topic,
        "before": before,
        "related": topic.children.filter(is_active=True),
        "topics": archive.recent(today=timezone.localdate()),
        "stretch": archive.stretch(topic, today=timezone.localdate(), before=before),
    }
    return render(request, "papers/topic.html", context)
