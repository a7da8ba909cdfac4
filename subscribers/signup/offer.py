"""What the topics bring, told to somebody who chooses among them."""

from __future__ import annotations

import datetime as dt

from django.db.models import Count, Q

from papers.models import Paper, Topic

_WINDOW = dt.timedelta(days=28)


def papers_a_day(*, now: dt.datetime) -> dict[str, int]:
    """Return for each topic's slug its papers on a day that had papers, over four weeks, rounded."""
    first = now.date() - _WINDOW
    recent = Count("papers", filter=Q(papers__featured_on__gt=first, papers__is_hidden=False))
    counts = Topic.objects.filter(is_active=True).annotate(recent=recent).values_list("slug", "recent")
    days = Paper.objects.published().filter(featured_on__gt=first).values("featured_on").distinct().count()
    return {slug: round(count / days) if days else 0 for slug, count in counts}
