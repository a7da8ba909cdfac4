"""The first page of admin: what an editor looks at in the morning."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from newsletter import stats
from newsletter.models import Edition
from papers.clock import database_now
from papers.models import Source

_APPS = {"edition": "newsletter", "source": "papers"}


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add the morning's figures to the index of admin."""
    now = database_now()
    edition = Edition.objects.days().filter(candidate_count__gt=0).first()
    return context | {
        "title": _("Today"),
        "notices": [(notice, _address(notice)) for notice in stats.warnings(now=now)],
        "readers": stats.readers(now=now),
        "edition": edition,
        "steps": stats.funnel(edition) if edition else [],
        "sources": Source.objects.filter(is_enabled=True),
        "next_digest_at": stats.next_digest_at(),
    }


def _address(notice: stats.Notice) -> str:
    if not notice.url_name:
        return ""
    return reverse(f"admin:{_APPS[notice.url_name]}_{notice.url_name}_change", args=[notice.pk])
