"""What a monitoring system reads."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from papers.models import Source
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
