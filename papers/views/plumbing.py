"""What machines ask for."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_safe

from papers import tables

# Links in letters are personal; a crawler that found one must not follow it.
ROBOTS = """User-agent: *
Disallow: /address/
Disallow: /admin/
Disallow: /c/
Disallow: /confirm/
Disallow: /d/
Disallow: /f/
Disallow: /o/
Disallow: /preferences/
Disallow: /stay/
Disallow: /u/
Disallow: /undo/
Disallow: /unsubscribe/
Disallow: /welcome/

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
    """Answer 200 while the database answers and has our tables: what a load balancer asks."""
    missing = tables.missing()
    return HttpResponse(f"{missing or 'ok'}\n", status=503 if missing else 200, content_type="text/plain")
