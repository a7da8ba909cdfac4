"""What an editor sees on the first page of admin."""

import datetime as dt

import pytest

from newsletter import stats
from newsletter.building import build_due
from newsletter.models import Digest, Edition, Event, Pulse
from papers.models import Source
from subscribers.models import Ask
from tests.newsletter.readers import CONFIRMED, MORNING, make_reader
from tests.papers.shelf import make_paper

pytestmark = pytest.mark.django_db


def said(now: dt.datetime = MORNING) -> str:
    return " | ".join(notice.text for notice in stats.warnings(now=now))


def test_the_first_page_shows_readers_edition_sources_and_what_is_wrong(admin_client, django_assert_max_num_queries):
    make_paper()
    make_reader()
    build_due(now=MORNING)
    Digest.objects.update(state="sent")
    Event.objects.create(kind="clicked", digest=Digest.objects.get(), at=MORNING, key="a")
    Event.objects.create(kind="clicked", digest=Digest.objects.get(), at=MORNING, key="b")
    with django_assert_max_num_queries(30):
        page = admin_client.get("/admin/").content.decode()
    assert "No worker has run yet" in page
    assert "Tuesday, 29 July 2025" in page
    steps = {step.name: (step.count, step.share) for step in stats.funnel(Edition.objects.get())}
    assert steps["sent"] == (1, 100)
    assert steps["clicked"] == (1, 100)


def test_a_worker_that_fell_silent_is_told():
    Pulse.beat("digests", now=MORNING)
    assert "No worker" not in said(MORNING + dt.timedelta(minutes=1))
    assert "No worker has looked for due digests since 29 July, 07:00 UTC" in said(MORNING + dt.timedelta(hours=1))


def test_a_stopped_edition_and_a_failing_source_are_told():
    Edition.objects.of_day(MORNING.date()).pause("too many bounces")
    Source.objects.create(name="A feed", kind="rss", freshness="failing")
    assert "Tuesday, 29 July 2025 is stopped: too many bounces" in said()
    assert "A feed is failing" in said()


def test_readers_are_counted_by_what_they_did_this_week():
    make_reader()
    found = stats.readers(now=CONFIRMED + dt.timedelta(days=1))
    assert (found.active, found.joined, found.left) == (1, 1, 0)


def test_a_shield_that_is_up_is_told():
    then = MORNING - dt.timedelta(hours=1)
    about = {"limit_key": "k", "network": "n", "form": "page", "created_at": then, "outcome": "letter"}
    Ask.objects.bulk_create(Ask(email=f"stranger{n}@example.org", **about) for n in range(40))
    assert "the shield is up" in said()
    Ask.objects.update(confirmed_at=then)
    assert "the shield is up" not in said()
