"""What an editor sees on the first page of admin."""

import datetime as dt

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

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
    assert "delivered" not in steps  # nobody reported one
    Event.objects.create(kind="delivered", digest=Digest.objects.get(), at=MORNING, key="c")
    assert "delivered" in {step.name for step in stats.funnel(Edition.objects.get())}


def test_of_an_edition_that_is_stuck_the_share_that_left_is_told():
    make_paper()
    for number in (1, 2, 3, 4):
        make_reader(number)
    build_due(now=MORNING)
    Digest.objects.filter(pk=Digest.objects.first().pk).update(state="sent")
    steps = {step.name: (step.count, step.share) for step in stats.funnel(Edition.objects.get())}
    assert (steps["due"], steps["sent"]) == ((4, None), (1, 25))


def test_of_a_large_edition_opens_are_told_by_some_of_its_readers_and_bounces_one_by_one(admin_client, monkeypatch):
    make_paper()
    for number in range(1, 151):
        make_reader(number, id=number)
    build_due(now=MORNING)
    Digest.objects.update(state="sent")
    rows = Digest.objects.all()
    Event.objects.bulk_create(Event(kind="opened", digest=each, at=MORNING, key=f"{each.pk}") for each in rows)
    Digest.objects.filter(pk=rows[0].pk).update(bounced_at=MORNING)
    monkeypatch.setattr(stats, "_COUNTED", 100)
    monkeypatch.setattr(stats, "_ASKED", 10)
    with CaptureQueriesContext(connection) as asked:
        steps = {step.name: step for step in stats.funnel(Edition.objects.get())}
    [looked] = [query["sql"] for query in asked if 'FROM "newsletter_event"' in query["sql"]]
    assert looked.partition('"subscriber_id" IN (')[2].partition(")")[0].count(",") == 9
    assert steps["opened"] == stats.Step("opened", 150, 100, is_about=True)
    assert (steps["bounced"].count, steps["bounced"].is_about) == (1, False)
    page = admin_client.get("/admin/").text
    assert "about 150" in page
    assert "about 1<" not in page


def test_a_digest_is_told_as_its_reader_saw_it_and_its_edition_with_its_accounts(admin_client):
    make_paper(title="Keepers of the lamp", topics=("vision",))
    make_reader(topics=("vision",))
    build_due(now=MORNING)
    digest = Digest.objects.get()
    page = admin_client.get(reverse("admin:newsletter_digest_change", args=[digest.pk])).text
    assert "Keepers of the lamp</a> · because you follow Vision" in page
    assert "&#x27;kind&#x27;" not in page
    edition = admin_client.get(reverse("admin:newsletter_edition_change", args=[digest.edition_id])).text
    assert "1 waiting" in edition
    assert "Letters that have left keep theirs" in edition


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


def test_a_mail_server_that_cannot_be_used_is_told_in_its_words_until_it_can():
    Pulse.beat(Pulse.TURNED_AWAY, now=MORNING, said="auth: 535 5.7.8 authentication failed")
    assert "could not be used at 29 July, 07:00 UTC (auth: 535 5.7.8 authentication failed)" in said()
    assert "could not be used" not in said(MORNING + dt.timedelta(minutes=6))


def test_digests_that_do_not_leave_and_those_put_off_by_their_hosts_are_told():
    edition = Edition.objects.of_day(MORNING.date())
    rows = {"edition": edition, "due_at": MORNING}
    Digest.objects.create(**rows, not_before=MORNING)
    later = MORNING + dt.timedelta(minutes=30)
    Digest.objects.bulk_create(Digest(**rows, not_before=later, last_code="4.2.0") for _ in range(50))
    assert "wait" not in said()
    text = said(MORNING + dt.timedelta(minutes=11))
    assert "has waited since 29 July, 07:00 UTC" in text
    assert "50 digests of Tuesday, 29 July 2025 were put off" in text
    assert "4.2.0" in text


def test_a_person_who_waits_for_a_confirmation_is_told_before_any_letter_is_written():
    Ask.objects.create(email="a@example.org", limit_key="k", network="n", form="page", created_at=MORNING)
    assert "account letter" not in said(MORNING + dt.timedelta(minutes=1))
    assert "account letter since 29 July, 07:00 UTC" in said(MORNING + dt.timedelta(minutes=3))


def test_a_mailbox_of_bounces_that_cannot_be_read_is_told(settings, tmp_path):
    settings.BOUNCE_MAILBOX = f"maildir:{tmp_path}"
    with pytest.raises(CommandError):
        call_command("fetch_bounces", settings.BOUNCE_MAILBOX)
    assert "is no maildir" in said()
    for folder in ("new", "cur", "tmp"):
        (tmp_path / folder).mkdir()
    call_command("fetch_bounces", settings.BOUNCE_MAILBOX)
    assert "is no maildir" not in said(timezone.now())


def test_readers_who_got_nothing_because_no_worker_ran_are_told_the_next_day():
    make_reader(next_digest_at=MORNING - dt.timedelta(days=1), next_digest_day=MORNING.date() - dt.timedelta(days=1))
    build_due(now=MORNING + dt.timedelta(hours=12))
    assert "1 readers got no digest of Monday, 28 July 2025" in said()
    assert "got no digest" not in said(MORNING + dt.timedelta(days=3))
