"""What a monitoring system may read, in Prometheus' text form: gauges counted in the database at the moment of asking,
so that every worker of every machine says the same."""

from __future__ import annotations

import hmac
from collections.abc import Iterator

from django.conf import settings
from django.db.models import Count, Max, Min
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric

from newsletter.models import Digest, Edition
from papers.models import Paper, Source, Suggestion
from subscribers.models import Notice, Subscriber

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
EDITIONS = 3  # newest ones whose digests are counted


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer who knows METRICS_TOKEN (Authorization: Bearer …); to everybody else there is no such page."""
    asked = request.headers.get("Authorization", "").encode()
    if not settings.METRICS_TOKEN or not hmac.compare_digest(asked, f"Bearer {settings.METRICS_TOKEN}".encode()):
        raise Http404
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Gauges())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE)


class Gauges:
    """Counts when it is asked."""

    def collect(self) -> Iterator[Metric]:
        yield from sources()
        yield from readers()
        yield from letters()


def sources() -> Iterator[Metric]:
    """Tell whether each source brings what it should, and how old the newest papers are."""
    fresh = GaugeMetricFamily("paper_round_source_fresh", "1 while fresh or quiet, else 0", labels=["source"])
    success = GaugeMetricFamily("paper_round_source_success_timestamp_seconds", "Last success", labels=["source"])
    good = {Source.Freshness.FRESH, Source.Freshness.QUIET}
    for name, freshness, at in Source.objects.filter(is_enabled=True).values_list(
        "name", "freshness", "last_success_at"
    ):
        fresh.add_metric([name], float(freshness in good))
        success.add_metric([name], at.timestamp() if at else 0)
    day = Paper.objects.published().aggregate(day=Max("featured_on"))["day"]
    age = (timezone.now().date() - day).days if day else -1
    waiting = Suggestion.objects.filter(state=Suggestion.State.WAITING).count()
    yield from (fresh, success)
    yield GaugeMetricFamily("paper_round_newest_papers_age_days", "-1 while there are none", value=age)
    yield GaugeMetricFamily("paper_round_suggestions_waiting", "Suggested papers for the editor", value=waiting)


def readers() -> Iterator[Metric]:
    """Tell how many readers there are in each state."""
    family = GaugeMetricFamily("paper_round_readers", "Readers by state", labels=["state"])
    for state, count in Subscriber.objects.order_by().values_list("state").annotate(Count("pk")):
        family.add_metric([state], count)
    yield family


def letters() -> Iterator[Metric]:
    """Tell what became of the newest editions' digests, and how long the next reader and letter have waited."""
    family = GaugeMetricFamily("paper_round_digests", "Digests by edition and state", labels=["day", "state"])
    newest = list(Edition.objects.order_by("-day").values_list("pk", flat=True)[:EDITIONS])
    counts = Digest.objects.filter(edition__in=newest).order_by().values_list("edition__day", "state")
    for day, state, count in counts.annotate(Count("pk")):
        family.add_metric([day.isoformat(), state], count)
    now = timezone.now()
    due = Subscriber.objects.due(now=now).aggregate(at=Min("next_digest_at"))["at"]
    notice = Notice.objects.filter(state=Notice.State.PENDING, not_before__lte=now).aggregate(at=Min("not_before"))[
        "at"
    ]
    yield family
    for name, since in (("reader_due", due), ("account_letter", notice)):
        waited = (now - since).total_seconds() if since else 0
        yield GaugeMetricFamily(f"paper_round_{name}_waiting_seconds", "How long the first has waited", value=waited)
