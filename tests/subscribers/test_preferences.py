"""The preferences page: a signed link, no login."""

import datetime as dt
import json

import pytest
import time_machine
from django.urls import reverse
from readers import NOW, a_reader, a_topic, link

from papers.models import Topic
from subscribers import leaving, preferences, tokens
from subscribers.models import AddressChange, ConsentRecord, Subscriber, Suppression

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOW, tick=False):
        yield


def wishes(**values):
    """Return what the form sends when nothing is touched, and the changes."""
    untouched = {
        "cadence": "daily",
        "hour": "7",
        "timezone": "UTC",
        "size": "10",
        "min_papers": "1",
        "quiet_holidays": "",
        "language": "en",
        "keywords": "",
        "authors": "",
    }
    return untouched | values


def keep(client, reader, **values):
    return client.post(link("manage", reader), wishes(**values))


def test_the_page_shows_the_wishes_and_the_next_digest(client):
    reader = a_reader(timezone="Europe/Berlin", keywords=["sparse attention"])
    page = client.get(link("manage", reader)).content.decode()
    assert "sparse attention" in page
    assert "Tuesday, 5 May at 07:00 (Europe/Berlin)" in page


def test_a_german_reader_finds_the_shipped_topics_in_german(client):
    Topic.objects.create(slug="agents", name="Agents & tool use")
    assert "Agenten &amp; Werkzeuge" in client.get(link("manage", a_reader(language="de"))).text


def test_all_wishes_are_kept_and_the_next_digest_follows_them(client):
    vision, speech, robots = a_topic("vision"), a_topic("speech"), a_topic("robots")
    reader = a_reader()
    reader.topic_preferences.create(topic=robots, weight=1)
    answer = keep(
        client,
        reader,
        **{f"topic-{vision.pk}": "2", f"topic-{speech.pk}": "-2", f"topic-{robots.pk}": "0"},
        keywords="sparse attention, Diffusion\nsparse  Attention",
        authors="Ada Lovelace",
        cadence="days",
        days=["2", "4"],
        hour="18",
        timezone="Asia/Tokyo",
        size="5",
        min_papers="3",
        wants_quiet_letter="on",
        quiet_holidays="JP",
        language="de",
    )
    assert answer.status_code == 302
    reader.refresh_from_db()
    assert dict(reader.topic_preferences.values_list("topic__slug", "weight")) == {"vision": 2, "speech": -2}
    assert reader.keywords == ["sparse attention", "Diffusion"]
    assert (reader.size, reader.min_papers, reader.language) == (5, 3, "de")
    assert reader.wants_quiet_letter
    # Wednesday 6 May 2026 is a holiday in Japan.
    assert reader.next_digest_at == dt.datetime(2026, 5, 8, 9, tzinfo=dt.UTC)
    assert reader.next_digest_day == dt.date(2026, 5, 8)


def test_new_versions_come_as_updates_unless_the_reader_says_no(client):
    reader = a_reader()
    assert reader.wants_updates
    keep(client, reader)
    reader.refresh_from_db()
    assert not reader.wants_updates
    keep(client, reader, wants_updates="on")
    reader.refresh_from_db()
    assert reader.wants_updates


def test_what_a_reader_said_of_a_topic_that_is_switched_off_stays(client):
    reader = a_reader()
    reader.topic_preferences.create(topic=a_topic("old", is_active=False), weight=-2)
    keep(client, reader)
    assert reader.topic_preferences.get().weight == -2


def test_a_digest_that_is_due_already_is_not_lost_by_a_change(client):
    reader = a_reader()
    Subscriber.objects.filter(pk=reader.pk).update(next_digest_at=NOW - dt.timedelta(seconds=5))
    keep(client, reader, hour="9")
    reader.refresh_from_db()
    assert (reader.hour, reader.next_digest_at) == (9, NOW - dt.timedelta(seconds=5))


@pytest.mark.parametrize(
    "wrong",
    [
        {"cadence": "hourly"},
        {"cadence": "days", "days": []},
        {"hour": "24"},
        {"timezone": "Moon/Base"},
        {"size": "51"},
        {"size": "5", "min_papers": "6"},
        {"quiet_holidays": "ZZ"},
        {"language": "tlh"},
        {"keywords": "\n".join(f"word {number}" for number in range(51))},
        {"authors": "x" * 81},
    ],
)
def test_a_wrong_wish_is_marked_and_nothing_is_kept(client, wrong):
    reader = a_reader()
    answer = keep(client, reader, **{"keywords": "new word", **wrong})
    assert answer.status_code == 422
    assert "errors" in answer.content.decode()
    reader.refresh_from_db()
    assert (reader.keywords, reader.size, reader.timezone) == ([], 10, "UTC")


@pytest.mark.parametrize(
    ("door", "wrong", "said"),
    [
        ("manage", {"size": "500"}, "Bitte eine Zahl von 1 bis 50."),
        ("manage", {"min_papers": "many"}, "Bitte eine Zahl von 1 bis 50."),
        ("manage_address", {"email": "ada@"}, "Das sieht nicht nach einer E-Mail-Adresse aus."),
        ("manage_pause", {"until": "soon"}, "Wählen Sie einen Tag nach heute."),
    ],
)
def test_what_is_wrong_is_said_in_our_words_and_the_readers_language(client, door, wrong, said):
    reader = a_reader(language="de")
    page = client.post(link(door, reader), wrong).text
    assert said in page
    assert "Etwas stimmt noch nicht" in page  # what is marked may be far below the window


def test_fields_that_are_not_on_the_page_change_nothing(client):
    reader = a_reader()
    keep(client, reader, state="complained", email="eve@example.org", tracking="granted", link_epoch="9")
    reader.refresh_from_db()
    assert (reader.state, reader.email, reader.tracking, reader.link_epoch) == (
        "active",
        "ada@example.org",
        "unknown",
        0,
    )


@pytest.mark.parametrize(
    ("sent", "until"),
    [({"weeks": "2"}, dt.date(2026, 5, 18)), ({"until": "2026-06-01"}, dt.date(2026, 6, 1))],
)
def test_a_pause_lasts_until_its_day(client, sent, until):
    reader = a_reader()
    client.post(link("manage_pause", reader), sent)
    reader.refresh_from_db()
    assert (reader.state, reader.paused_until, reader.next_digest_day) == ("paused", until, until)


def test_wishes_kept_during_a_pause_do_not_end_it(client):
    reader = a_reader()
    reader.pause(until=dt.date(2026, 6, 1), now=NOW)
    keep(client, reader, hour="9")
    reader.refresh_from_db()
    assert (reader.state, reader.next_digest_at) == ("paused", dt.datetime(2026, 6, 1, 9, tzinfo=dt.UTC))


def test_a_pause_can_be_ended(client):
    reader = a_reader()
    reader.pause(until=dt.date(2026, 6, 1), now=NOW)
    client.post(link("manage_pause", reader), {"resume": "1"})
    reader.refresh_from_db()
    assert (reader.state, reader.paused_until, reader.next_digest_day) == ("active", None, dt.date(2026, 5, 5))


@pytest.mark.parametrize("until", ["2026-05-04", "2020-01-01", "2030-01-01", "soon", ""])
def test_a_pause_ends_on_a_day_of_the_coming_year(client, until):
    reader = a_reader()
    assert client.post(link("manage_pause", reader), {"until": until}).status_code == 422
    reader.refresh_from_db()
    assert reader.state == "active"


@pytest.mark.parametrize(("answer", "tracking", "action"), [("yes", "granted", "given"), ("no", "denied", "withdrawn")])
def test_the_answer_about_learning_is_kept_with_the_text_that_was_shown(client, answer, tracking, action):
    reader = a_reader(language="de")
    client.post(link("manage_tracking", reader), {"answer": answer})
    reader.refresh_from_db()
    record = ConsentRecord.objects.get()
    assert reader.tracking == tracking
    assert (record.purpose, record.action, record.language, record.at) == ("tracking", action, "de", NOW)
    assert record.wording


def test_the_data_file_holds_everything_that_hangs_on_the_reader(client):
    reader = a_reader()
    reader.topic_preferences.create(topic=a_topic("vision"), weight=2)
    client.post(link("manage_tracking", reader), {"answer": "yes"})
    told = json.loads(client.get(link("manage_data", reader)).content)
    assert told["email"] == "ada@example.org"
    assert told["topic_preferences"] == [{"topic": "Vision", "weight": 2}]
    assert told["consents"][0]["purpose"] == "tracking"
    assert {"digests", "events", "notices", "asks", "address_changes"} <= told.keys()


def test_deleting_leaves_a_keyed_hash_and_nothing_else_of_the_address(client):
    reader = a_reader()
    client.post(link("manage_tracking", reader), {"answer": "yes"})
    page = link("manage_delete", reader)
    client.get(page)
    assert Subscriber.objects.exists()
    client.post(page)
    assert not Subscriber.objects.exists()
    assert Suppression.objects.get().reason == "deleted"
    assert ConsentRecord.objects.get().subscriber is None
    assert client.get(page).status_code == 410


def test_the_page_speaks_the_readers_language_not_the_browsers(client):
    reader = a_reader(language="de")
    page = client.get(link("manage", reader), headers={"accept-language": "en"}).content.decode()
    assert '<html lang="de"' in page


def test_nothing_of_the_page_is_kept_in_a_cache(client):
    assert client.get(link("manage", a_reader()))["Cache-Control"] == "no-store, private"


def test_a_second_press_on_delete_says_the_same_as_the_first(client):
    page = link("manage_delete", a_reader())
    for status in (200, 410):
        answer = client.post(page)
        assert (answer.status_code, "We know nothing about you any more" in answer.text) == (status, True)


@pytest.mark.parametrize("name", ["manage", "manage_pause", "manage_tracking", "manage_address", "manage_delete"])
def test_a_link_that_was_revoked_expired_or_forged_changes_nothing(client, name):
    reader = a_reader()
    expired = link(name, reader, now=NOW - dt.timedelta(days=31))
    revoked = link(name, reader)
    reader.revoke_links()
    assert client.post(expired, wishes(weeks="1", answer="yes", email="x@example.org")).status_code == 410
    assert client.post(revoked, wishes(weeks="1", answer="yes", email="x@example.org")).status_code == 404
    assert client.post(reverse(name, args=["x" * 44]), wishes()).status_code == 404
    reader.refresh_from_db()
    assert (reader.state, reader.tracking) == ("active", "unknown")
    assert not AddressChange.objects.exists()


@pytest.mark.parametrize("door", ["manage", "welcome"])
def test_an_expired_link_sends_a_new_one_to_the_reader_and_to_nobody_else(client, post, door):
    reader = a_reader()
    expired = link(door, reader, now=NOW - dt.timedelta(days=31))
    assert "Send me a new link" in client.get(expired).content.decode()
    for _press in range(3):
        client.post(expired, {"renew": "1"})
    [letter] = post.deliver(now=NOW)
    assert letter.to == ["ada@example.org"]
    assert client.get(post.link(letter)).status_code == 200
    later = NOW + dt.timedelta(minutes=11)
    with time_machine.travel(later, tick=False):  # it may have been lost
        client.post(expired, {"renew": "1"})
    assert len(post.deliver(now=later)) == 1


def test_another_letter_is_no_link(client, post):
    reader = a_reader()
    preferences.ask_address(reader, "ada@new.example", now=NOW)
    client.post(link("manage", reader, now=NOW - dt.timedelta(days=31)), {"renew": "1"})
    assert sorted(letter.to for letter in post.deliver(now=NOW)) == [["ada@example.org"], ["ada@new.example"]]


@pytest.mark.parametrize(
    "name", ["manage", "manage_pause", "manage_tracking", "manage_address", "manage_data", "manage_delete"]
)
def test_looking_at_a_page_changes_no_row(client, name):
    reader = a_reader(state="paused", paused_until=dt.date(2026, 6, 1))
    reader.topic_preferences.create(topic=a_topic("looked-at"), weight=1)
    before = json.dumps(preferences.everything_about(reader))
    for look in (client.get, client.head) * 5:
        assert look(link(name, reader), {"weeks": "1", "answer": "yes", "resume": "1"}).status_code in {200, 405}
    reader = Subscriber.objects.get(pk=reader.pk)
    assert json.dumps(preferences.everything_about(reader)) == before


def test_whoever_left_comes_back_with_one_press_and_the_ledger_says_so(client):
    reader = a_reader()
    leaving.leave(reader, by="page", now=NOW)
    assert "Send me papers again" in client.get(link("manage", reader)).content.decode()
    client.post(link("manage_pause", reader), {"resume": "1"})
    reader.refresh_from_db()
    assert (reader.state, reader.next_digest_day) == ("active", dt.date(2026, 5, 5))
    assert [record.action for record in reader.consents.all()] == ["withdrawn", "given"]


def test_topics_with_a_wish_come_first_and_a_long_list_is_folded(client):
    Topic.objects.all().delete()
    topics = [a_topic(f"topic-{letter}", position=number) for number, letter in enumerate("abcdefghijkl")]
    reader = a_reader()
    reader.topic_preferences.create(topic=topics[-1], weight=-2)
    page = client.get(link("manage", reader)).text
    in_view, fold = page.split("<details")
    assert in_view.index("Topic-L") < in_view.index("Topic-A")
    assert [fold.count(f"Topic-{letter}<") for letter in "GHIJKL"] == [0, 1, 1, 1, 1, 0]


@pytest.mark.parametrize("door", ["unsubscribe", "undo", "welcome", "new_address"])
def test_every_page_of_a_reader_speaks_the_readers_language(client, door):
    reader = a_reader(language="de")
    if door == "undo":
        leaving.leave(reader, by="page", now=NOW)
    asked = AddressChange.objects.create(subscriber=reader, email="b@example.org", address_hash="h", asked_at=NOW)
    tokens_of = {
        "unsubscribe": reader.token(tokens.Purpose.UNSUBSCRIBE, now=NOW),
        "undo": reader.token(tokens.Purpose.UNDO, now=NOW),
        "welcome": reader.token(tokens.Purpose.MANAGE, now=NOW),
        "new_address": tokens.sign(tokens.Purpose.ADDRESS, asked.pk, now=NOW),
    }
    page = client.get(reverse(door, args=[tokens_of[door]]), HTTP_ACCEPT_LANGUAGE="en").text
    assert '<html lang="de"' in page
    assert '<html lang="en"' in client.get("/subscribe/", HTTP_ACCEPT_LANGUAGE="en").text
