"""Announcements of the editor come to whoever asked for them, and to nobody else."""

import datetime as dt

import pytest
import time_machine
from django.urls import reverse
from readers import NOW, a_reader, link

from subscribers import tokens
from subscribers.models import ConsentRecord, Subscriber

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOW, tick=False):
        yield


def answers(reader):
    records = ConsentRecord.objects.filter(subscriber=reader, purpose="announcement")
    return list(records.values_list("action", "form"))


def test_nobody_is_sent_announcements_for_having_asked_for_a_digest():
    a_reader()
    assert not Subscriber.objects.wanting_announcements().exists()


def test_a_reader_says_yes_and_no_among_the_preferences_and_both_are_kept_with_the_words(client):
    reader = a_reader()
    client.post(link("manage_announcements", reader), {"answer": "yes"})
    assert Subscriber.objects.wanting_announcements().get() == reader
    assert "an event, a call for papers" in ConsentRecord.objects.get(subscriber=reader).wording
    client.post(link("manage_announcements", reader), {"answer": "yes"})
    client.post(link("manage_announcements", reader), {"answer": "no"})
    assert not Subscriber.objects.wanting_announcements().exists()
    assert answers(reader) == [("given", "preferences"), ("withdrawn", "preferences")]


def test_keeping_the_other_wishes_changes_nothing_about_announcements(client):
    reader = a_reader(announcements_since=NOW)
    client.post(link("manage", reader), {"cadence": "daily", "hour": "7", "timezone": "UTC", "size": "10"})
    assert Subscriber.objects.wanting_announcements().get() == reader


def test_who_ticks_the_box_at_sign_up_is_sent_them_once_the_address_is_confirmed(client, post):
    client.post(reverse("subscribe"), {"email": "ada@example.org", "announcements": "on"})
    (letter,) = post.deliver(now=NOW)
    assert not Subscriber.objects.filter(announcements_since__isnull=False).exists()
    client.post(post.link(letter))
    reader = Subscriber.objects.wanting_announcements().get()
    assert answers(reader) == [("given", "page")]


@pytest.mark.parametrize("asked", [True, False])
def test_the_owner_of_the_address_reads_what_the_button_says_yes_to_for_a_stranger_may_have_asked(client, post, asked):
    wish = {"email": "ada@example.org", "announcements": asked}
    client.post(reverse("subscribe_json"), wish, content_type="application/json")
    (letter,) = post.deliver(now=NOW)
    assert ("The editor may also send me an announcement" in client.get(post.link(letter)).text) == asked


def test_who_left_and_comes_back_without_the_box_is_sent_digests_alone(client, post):
    reader = a_reader(announcements_since=NOW)
    reader.leave(now=NOW)
    later = NOW + dt.timedelta(hours=1)
    with time_machine.travel(later, tick=False):
        client.post(reverse("subscribe"), {"email": reader.email})
        (letter,) = post.deliver(now=later)
        client.post(post.link(letter))
    assert Subscriber.objects.get().state == "active"
    assert answers(reader) == [("withdrawn", "page")]


def test_the_page_of_leaving_offers_to_stop_announcements_alone(client):
    reader = a_reader(announcements_since=NOW)
    address = reverse("unsubscribe", args=[reader.token(tokens.Purpose.UNSUBSCRIBE, now=NOW)])
    assert "only digests" in client.get(address).text
    assert "No announcement comes to you any more" in client.post(address, {"act": "digests"}).text
    reader.refresh_from_db()
    assert (reader.state, reader.announcements_since) == ("active", None)
    assert answers(reader) == [("withdrawn", "page")]
    assert "only digests" not in client.get(address).text
