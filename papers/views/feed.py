"""Feeds of the day, of a topic and of a search."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone

from papers import archive, feeds, forms
from papers.models import Paper, Topic
from papers.public import public_page
from papers.search import search
from papers.views.search import query_of, wish_of


@public_page
def feed_of_days(request: HttpRequest, form: str) -> HttpResponse:
    """Hand out the newest papers."""
    today = timezone.localdate()
    newest = Paper.objects.listed().filter(featured_on__lte=today).order_by("-featured_on", "-trend", "-votes", "id")
    return feeds.FORMS[form](
        feeds.Feed(settings.NEWSLETTER_NAME, reverse("day"), request.path, list(newest[: feeds.MOST]))
    )


@public_page
def feed_of_topic(request: HttpRequest, slug: str, form: str) -> HttpResponse:
    """Hand out the newest papers of a topic."""
    topic = get_object_or_404(Topic, slug=slug)
    papers = archive.newest(topic, today=timezone.localdate(), limit=feeds.MOST)
    title = f"{topic.name} · {settings.NEWSLETTER_NAME}"
    return feeds.FORMS[form](feeds.Feed(title, topic.get_absolute_url(), request.path, papers))


@public_page
def feed_of_search(request: HttpRequest, form: str) -> HttpResponse:
    """Hand out what a search finds, newest first."""
    asked = forms.SearchQuery({**request.GET.dict(), "sort": forms.SearchQuery.Sort.NEWEST})
    if not asked.is_valid():
        raise BadRequest(asked.errors.as_json())
    query = query_of(request)
    papers = search(wish_of(asked), limit=feeds.MOST).papers
    title = f"{asked.cleaned_data['q']} · {settings.NEWSLETTER_NAME}"
    return feeds.FORMS[form](feeds.Feed(title, f"{reverse('search')}?{query}", f"{request.path}?{query}", papers))
