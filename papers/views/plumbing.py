"""What machines ask for."""

from __future__ import annotations

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_safe

from papers.api import api
from papers.views.public import public_page

# Links in letters are personal; a crawler that found one must not follow it.
ROBOTS = """User-agent: *
Disallow: /admin/
Disallow: /c/
Disallow: /d/
Disallow: /f/
Disallow: /o/
Disallow: /preferences/
Disallow: /u/

Sitemap: {site_url}/sitemap.xml
"""


@require_safe
@cache_control(public=True, max_age=86_400)
def robots(request: HttpRequest) -> HttpResponse:
    """Say which pages are nobody's business."""
    return HttpResponse(ROBOTS.format(site_url=settings.SITE_URL), content_type="text/plain")


@require_safe
@never_cache
def health(request: HttpRequest) -> HttpResponse:
    """Answer 200 while the database answers: what a load balancer asks."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok\n", content_type="text/plain")


@public_page
def api_page(request: HttpRequest) -> HttpResponse:
    """Say what the read API answers, in the words of its own description."""
    paths = api.get_openapi_schema(path_prefix="/api/v1/")["paths"]
    operations = [(path, methods["get"]["summary"]) for path, methods in paths.items()]
    return render(request, "papers/api.html", {"operations": operations})
