"""The button in the confirmation letter works once, for whom it was written, and with what was asked for."""

import datetime as dt

import pytest
import time_machine
from django.urls import reverse

from subscribers import signup
from subscribers.models import Ask, ImportRun, Subscriber

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
State = Subscriber.State


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def link(client, post):
    client.post(reverse("subscribe"), {"email": "ada@example.org", "hour": "0"})
    return post.link(*post.deliver(now=NOW))


def test_two_hours_later_the_button_has_done_its_work(client, link, clock):
    client.post(link)
    clock.shift(7200)
    assert b"done its work" in client.post(link).content


def test_who_confirms_and_leaves_within_the_hour_is_not_brought_back_by_the_same_button(client, link, clock):
    client.post(link)
    clock.shift(600)
    Subscriber.objects.get().leave(now=NOW + 10 * MINUTE)
    assert b"done its work" in client.post(link).content
    assert Subscriber.objects.get().state == State.UNSUBSCRIBED


def test_who_became_unreachable_is_not_brought_back_by_a_used_button(client, link, clock):
    client.post(link)
    clock.shift(7200)
    Subscriber.objects.get().mark_unreachable(now=NOW + 120 * MINUTE, reason="no such user")
    client.post(link)
    assert Subscriber.objects.get().state == State.UNREACHABLE


def test_who_complained_is_offered_no_button(client, link):
    Subscriber.objects.get().mark_complained(now=NOW)
    assert b"done its work" in client.get(link).content
    client.post(link)
    assert Subscriber.objects.get().state == State.COMPLAINED


def test_the_button_of_an_address_that_was_put_right_is_gone(client, link):
    client.post(reverse("correct_address"), {"email": "ada@example.com"})
    assert b"done its work" in client.get(link).content


def test_midnight_is_an_hour_and_the_language_of_the_form_is_the_readers(client, link):
    Ask.objects.update(language="de")
    client.post(link)
    reader = Subscriber.objects.get()
    assert (reader.hour, reader.language) == (0, "de")


@pytest.mark.parametrize("state", [State.PENDING, State.UNSUBSCRIBED, State.UNREACHABLE, State.COMPLAINED])
def test_who_reads_nothing_gets_no_link_to_preferences(client, post, state):
    Subscriber.objects.create(email="ada@example.org", state=state)
    client.post(reverse("ask_link"), {"email": "ada@example.org"})
    assert post.deliver(now=NOW) == []


def test_asking_again_and_for_another_address_count_among_the_sign_ups_of_a_network(client, link, settings, clock):
    settings.SIGN_UPS_PER_NETWORK = 1
    clock.shift(180)
    assert client.post(reverse("ask_again")).status_code == 429
    assert client.post(reverse("correct_address"), {"email": "ada@example.com"}).status_code == 429
    assert Ask.objects.get().outcome == Ask.Outcome.LETTER  # and the first one still holds


def test_the_record_of_a_finished_import_stays_though_it_brought_nobody():
    ImportRun.objects.create(file_name="people.csv", consent="x" * 10, started_at=NOW, finished_at=NOW)
    signup.forget(now=NOW + dt.timedelta(days=99))
    assert ImportRun.objects.exists()
