"""What a monitoring system reads."""

import datetime as dt
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from newsletter.models import Digest, Edition, Pulse
from papers.models import Source
from subscribers.models import Ask
from tests.papers.shelf import make_paper

pytestmark = pytest.mark.django_db


@pytest.fixture
def token(settings):
    settings.METRICS_TOKEN = "a-token-of-this-test"
    return {"Authorization": f"Bearer {settings.METRICS_TOKEN}"}


def test_who_knows_the_token_reads_whether_the_sources_are_fresh(client, token):
    Source.objects.create(name="Good", kind="feed", freshness="quiet", last_success_at=timezone.now())
    Source.objects.create(name="Bad", kind="feed", freshness="stale")
    make_paper(1, featured_on=timezone.now().date())
    text = client.get("/metrics/", headers=token).text
    assert 'paper_round_source_fresh{source="Good"} 1.0' in text
    assert 'paper_round_source_fresh{source="Bad"} 0.0' in text
    assert "paper_round_newest_papers_age_days 0.0" in text
    assert "paper_round_reader_due_waiting_seconds 0.0" in text


def test_what_stands_in_the_way_of_letters_is_told(client, token):
    then = timezone.now() - dt.timedelta(minutes=20)
    edition = Edition.objects.of_day(then.date())
    rows = {"edition": edition, "due_at": then}
    Digest.objects.create(**rows, not_before=then)
    Digest.objects.create(**rows, not_before=timezone.now() + dt.timedelta(minutes=5), attempts=1)
    Ask.objects.create(email="ada@example.org", limit_key="k", network="n", form="page", created_at=then)
    Pulse.beat(Pulse.TURNED_AWAY, now=then, said="auth: 535 no")
    figures = read(client, token)
    assert figures["paper_round_digest_waiting_seconds"] == pytest.approx(1200, abs=5)
    assert figures["paper_round_account_letter_waiting_seconds"] == pytest.approx(1200, abs=5)
    assert figures["paper_round_digests_put_off"] == 1
    assert figures["paper_round_turned_away_timestamp_seconds"] == pytest.approx(then.timestamp())
    assert figures["paper_round_worker_seen_timestamp_seconds"] == 0
    edition.pause("a look")
    figures = read(client, token)
    assert (figures["paper_round_editions_stopped"], figures["paper_round_digest_waiting_seconds"]) == (1, 0)


def read(client, token) -> dict[str, float]:
    families = text_string_to_metric_families(client.get("/metrics/", headers=token).text)
    return {sample.name: sample.value for family in families for sample in family.samples}


def test_the_operators_page_names_every_figure(client, token):
    make_paper(1, featured_on=timezone.now().date())
    figures = set(re.findall(r"# TYPE (\w+)", client.get("/metrics/", headers=token).text))
    assert figures == set(re.findall(r"`(paper_round_\w+)`", Path(settings.BASE_DIR, "docs/operating.md").read_text()))


@pytest.mark.parametrize("said", [{}, {"Authorization": "Bearer "}, {"Authorization": "Bearer wrong"}])
def test_to_everybody_else_there_is_no_such_page(client, token, said):
    assert client.get("/metrics/", headers=said).status_code == 404


def test_without_a_token_nobody_reads(client, settings):
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics/", headers={"Authorization": "Bearer "}).status_code == 404
