"""From an address on the page to a reader, and who gets which letter."""

import datetime as dt
import re

import pytest
import time_machine
from django.core import mail
from django.urls import reverse

from subscribers import signup
from subscribers.models import Ask, ConsentRecord, Notice, Subscriber, Suppression, hash_address

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
State = Subscriber.State


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def sign_up(client, email="ada@example.org", **more):
    return client.post(reverse("subscribe"), {"email": email, **more})


def test_a_visitor_becomes_a_reader_by_pressing_the_button_in_the_letter(client, post, topics):
    answer = sign_up(client, topics=["vision", "robots"], timezone="Europe/Berlin", hour="8")
    assert answer.url == reverse("check_mail")
    assert b"ada@example.org" in client.get(answer.url).content

    [letter] = post.deliver(now=NOW)
    assert letter.to == ["ada@example.org"]
    link = post.link(letter)
    shown = client.get(link)
    assert b"Vision" in shown.content
    assert b"Speech" not in shown.content
    assert Subscriber.objects.get().state == State.PENDING

    welcome = client.post(link, follow=True)
    reader = Subscriber.objects.get()
    assert reader.state == State.ACTIVE
    assert {wish.topic.slug for wish in reader.topic_preferences.all()} == {"vision", "robots"}
    assert (reader.timezone, reader.hour) == ("Europe/Berlin", 8)
    assert reader.next_digest_at == dt.datetime(2026, 3, 3, 7, tzinfo=dt.UTC)
    assert b"Tuesday, 3 March at 08:00 (Europe/Berlin)" in welcome.content
    assert [letter.subject for letter in post.deliver(now=NOW)] == ["Welcome to Paper Round"]


def test_the_consent_ledger_says_what_was_shown_asked_and_given(client, post, topics, clock):
    sign_up(client)
    link = post.link(*post.deliver(now=NOW))
    clock.shift(3600)
    client.post(link)
    asked, given = ConsentRecord.objects.all()
    assert (asked.action, asked.at, asked.form) == ("asked", NOW, "page")
    assert (given.action, given.at) == ("given", NOW + dt.timedelta(hours=1))
    assert "one email with a button first" in given.wording
    assert asked.wording == given.wording
    assert asked.address_hash == given.address_hash == hash_address("ada@example.org")


def test_the_first_digest_can_be_asked_for_on_the_welcome_page(client, post):
    sign_up(client)
    welcome = client.post(post.link(*post.deliver(now=NOW))).url
    assert Subscriber.objects.get().next_digest_at > NOW
    assert b"on its way" in client.post(welcome, follow=True).content
    assert Subscriber.objects.get().next_digest_at == NOW


def test_pressing_the_button_twice_is_pressing_it_once(client, post):
    sign_up(client)
    link = post.link(*post.deliver(now=NOW))
    assert client.post(link).url.startswith("/welcome/")
    assert client.post(link).url.startswith("/welcome/")
    assert Notice.objects.filter(kind=Notice.Kind.WELCOME).count() == 1


def test_an_old_confirmation_does_not_bring_back_somebody_who_left(client, post, clock):
    sign_up(client)
    link = post.link(*post.deliver(now=NOW))
    client.post(link)
    clock.shift(7200)
    Subscriber.objects.get().leave(now=NOW + dt.timedelta(hours=2))
    assert b"done its work" in client.get(link).content
    assert b"done its work" in client.post(link).content
    assert Subscriber.objects.get().state == State.UNSUBSCRIBED


def test_an_unused_confirmation_from_before_a_leave_is_dead_too(client, post, clock):
    sign_up(client)
    link = post.link(*post.deliver(now=NOW))
    Subscriber.objects.get().leave(now=NOW + dt.timedelta(minutes=1))
    client.post(link)
    assert Subscriber.objects.get().state == State.UNSUBSCRIBED


def test_an_expired_link_offers_a_new_one(client, post, clock):
    sign_up(client)
    link = post.link(*post.deliver(now=NOW))
    later = NOW + dt.timedelta(days=8)
    clock.move_to(later)
    expired = client.get(link)
    assert expired.status_code == 410
    assert client.post(f"{link}again/").url == reverse("check_mail")
    client.post(post.link(*post.deliver(now=later)))
    assert Subscriber.objects.get().state == State.ACTIVE


def test_the_letter_can_be_sent_again_once_and_not_at_once(client, post, clock):
    sign_up(client)
    post.deliver(now=NOW)
    assert client.post(reverse("ask_again")).status_code == 429
    later = NOW + dt.timedelta(minutes=3)
    clock.move_to(later)
    assert client.post(reverse("ask_again")).url == reverse("check_mail")
    assert len(post.deliver(now=later)) == 1
    clock.move_to(later + dt.timedelta(minutes=3))
    client.post(reverse("ask_again"))
    assert post.deliver(now=later + dt.timedelta(minutes=3)) == []


def test_a_wrong_address_can_be_put_right(client, post, topics):
    sign_up(client, "ada@example.og", topics=["speech"])
    wrong = post.link(*post.deliver(now=NOW))
    client.post(reverse("correct_address"), {"email": "ada@example.org"})
    [letter] = post.deliver(now=NOW)
    assert letter.to == ["ada@example.org"]
    client.post(post.link(letter))
    assert [wish.topic.slug for wish in Subscriber.objects.get(state=State.ACTIVE).topic_preferences.all()] == [
        "speech"
    ]
    client.post(wrong)
    assert Subscriber.objects.get(email="ada@example.og").state == State.PENDING


@pytest.mark.parametrize(
    ("state", "subject"),
    [
        (State.PENDING, "Confirm your address for Paper Round"),
        (State.UNSUBSCRIBED, "Confirm your address for Paper Round"),
        (State.UNREACHABLE, "Confirm your address for Paper Round"),
        (State.ACTIVE, "You already read Paper Round"),
        (State.PAUSED, "You already read Paper Round"),
        (State.COMPLAINED, None),
    ],
)
def test_each_address_gets_the_letter_that_fits_its_state(client, post, topics, state, subject):
    Subscriber.objects.create(email="ada@example.org", state=state, confirmed_at=NOW - dt.timedelta(days=9))
    sign_up(client, "Ada@Example.org", topics=["vision"])
    assert [letter.subject for letter in post.deliver(now=NOW)] == ([subject] if subject else [])
    reader = Subscriber.objects.get()
    assert reader.state == state
    assert not reader.topic_preferences.exists()


@pytest.mark.parametrize(("reason", "letters"), [("complained", 0), ("editor", 0), ("deleted", 1), ("unreachable", 1)])
def test_a_suppressed_address_gets_a_letter_only_where_its_owner_may_lift_it(client, post, reason, letters):
    Suppression.remember("ada@example.org", reason, now=NOW)
    sign_up(client)
    assert len(post.deliver(now=NOW)) == letters


def test_a_reader_who_left_comes_back_with_the_new_topics_and_not_the_old_ones(client, post, topics):
    reader = Subscriber.objects.create(email="ada@example.org")
    reader.confirm(now=NOW - dt.timedelta(days=9))
    reader.topics.add(topics[0])
    reader.leave(now=NOW - dt.timedelta(days=3))
    sign_up(client, topics=["robots"])
    client.post(post.link(*post.deliver(now=NOW)))
    reader.refresh_from_db()
    assert reader.state == State.ACTIVE
    assert [wish.topic.slug for wish in reader.topic_preferences.all()] == ["robots"]


@pytest.mark.parametrize("email", ["", "ada", "a@b", "ada@example.org\nBcc: eve@example.org", '"a b"@example.org'])
def test_what_is_no_address_is_refused_beside_the_field_and_writes_nothing(client, topics, email):
    answer = sign_up(client, email, topics=["vision"])
    assert answer.status_code == 422
    assert re.search(r'value="vision"[^>]* checked', answer.text)
    assert not Ask.objects.exists()


def test_every_page_of_a_reader_stays_out_of_caches(client, post):
    answers = [client.get(reverse("subscribe")), sign_up(client), client.get(reverse("check_mail"))]
    link = post.link(*post.deliver(now=NOW))
    answers += [client.get(link), client.post(link)]
    answers += [client.get(answers[-1].url)]
    for answer in answers:
        assert "no-store" in answer["Cache-Control"]
        assert "private" in answer["Cache-Control"]


def test_nothing_leaves_for_a_reader_who_complained_before_the_letter_left(client, post):
    sign_up(client)
    signup.settle(now=NOW)
    Subscriber.objects.get().mark_complained(now=NOW)
    assert post.deliver(now=NOW) == []
    assert Notice.objects.get().state == Notice.State.FAILED
    assert mail.outbox == []
