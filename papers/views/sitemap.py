"""What search engines may find: one list a month."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from papers import days
from papers.models import Paper, Topic
from papers.public import public_page

MOST = 50_000  # addresses: what the protocol allows a list
KEPT = 3600  # seconds


def _months() -> list[dt.date]:
    return list(Paper.objects.published().order_by().dates("featured_on", "month"))


@public_page
def sitemap_index(request: HttpRequest) -> HttpResponse:
    """Name the lists."""
    months = cache.get_or_set("papers.months", _months, KEPT)
    lists = [reverse("sitemap_pages"), *(reverse("sitemap_month", args=[month]) for month in months or [])]
    return _xml(request, "sitemapindex", "sitemap", [(path, None) for path in lists])


@public_page
def sitemap_pages(request: HttpRequest) -> HttpResponse:
    """List the pages that are not a paper's."""
    paths = [reverse(name) for name in ("day", "week", "month", "trending", "topics", "search", "suggest")]
    topics = [each.get_absolute_url() for each in Topic.objects.filter(is_active=True)]
    return _xml(request, "urlset", "url", [(path, None) for path in paths + topics])


@public_page
def sitemap_month(request: HttpRequest, month: dt.date) -> HttpResponse:
    """List the papers of a month."""
    span = days.Span.of_month(month)
    papers = Paper.objects.published().featured_between(span.first, span.last).order_by("-featured_on", "id")
    rows = list(papers.values_list("pk", "updated_at")[:MOST])
    if not rows:
        raise Http404("No papers in this month.")
    return _xml(request, "urlset", "url", [(reverse("paper", args=[pk]), changed) for pk, changed in rows])


def _xml(request: HttpRequest, whole: str, part: str, rows: list[tuple[str, dt.datetime | None]]) -> HttpResponse:
    context = {"whole": whole, "part": part, "rows": rows, "site_url": settings.SITE_URL}
    return render(request, "papers/sitemap.xml", context, content_type="application/xml")
