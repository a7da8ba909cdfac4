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

from newsletter.models import Digest, Edition, Pulse
from papers.clock import database_now
from papers.models import Paper, Source, Suggestion
from subscribers import letters as account_letters
from subscribers.models import Subscriber

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
        yield from waits()
        yield from work()


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
    """Tell what became of the newest editions' digests, and how many editions somebody or something has stopped."""
    family = GaugeMetricFamily("paper_round_digests", "Digests by edition and state", labels=["day", "state"])
    newest = list(Edition.objects.days().order_by("-day")[:EDITIONS])
    for edition in newest:
        for state, count in edition.glance().items():
            family.add_metric([edition.day.isoformat(), state], count)
    put_off = Digest.objects.filter(edition__in=newest).put_off(now=database_now()).count()
    paused = Edition.objects.open().filter(is_paused=True).count()
    yield family
    yield GaugeMetricFamily("paper_round_digests_put_off", "Digests whose next try is to come", value=put_off)
    yield GaugeMetricFamily("paper_round_editions_stopped", "Editions that wait for an editor's word", value=paused)


def waits() -> Iterator[Metric]:
    """Tell how long the first reader, digest and account letter have waited."""
    now = database_now()
    since = {
        "reader_due": Subscriber.objects.due(now=now).aggregate(at=Min("next_digest_at"))["at"],
        "digest": Digest.objects.all().overdue_since(),
        "account_letter": account_letters.waited_for_since(now=now),
    }
    for name, at in since.items():
        waited = max(0.0, (now - at).total_seconds()) if at else 0
        yield GaugeMetricFamily(f"paper_round_{name}_waiting_seconds", "How long the first has waited", value=waited)


def work() -> Iterator[Metric]:
    """Tell when a worker last looked, was turned away or met a full disk; 0 while it never happened."""
    seen = Pulse.seen()
    names = {
        "worker_seen": ("A worker looked for due digests", Pulse.WORK),
        "turned_away": ("A mail server wanted no letter of ours", Pulse.TURNED_AWAY),
        "disk_full": ("A worker could not write to its VAR_DIR", Pulse.DISK_FULL),
        "bounces_read": ("The mailbox of bounces was read", Pulse.BOUNCES_READ),
        "report_taken": ("A provider's report was taken", Pulse.REPORT_TAKEN),
        "report_refused": ("A report at a provider's webhook was refused", Pulse.REPORT_REFUSED),
    }
    for name, (what, pulse) in names.items():
        at = seen[pulse].at.timestamp() if pulse in seen else 0
        yield GaugeMetricFamily(f"paper_round_{name}_timestamp_seconds", what, value=at)
