"""Silent readers are asked, and left in peace when they stay silent."""

import datetime as dt

import pytest
import time_machine

from newsletter.events import Report, record
from newsletter.models import Event
from subscribers import letters, staying
from subscribers.models import Notice, Subscriber
from tests.newsletter.sent import make_digest, make_paper

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC)


def days(number):
    return dt.timedelta(days=number)


def reader_of(age=200, **values):
    values = {"state": "active", "confirmed_at": NOW - days(age), "tracking": "granted", **values}
    return Subscriber.objects.create(email=f"reader{Subscriber.objects.count()}@there.example", **values)


def ask(at=NOW):
    result = staying.ask_and_stop(now=at)
    letters.send(now=at)
    return result


def test_a_reader_of_whom_nothing_was_seen_for_half_a_year_is_asked_once(mailoutbox):
    reader_of()
    assert [ask(), ask(NOW + days(1)), ask(NOW + days(13))] == [(1, 0), (0, 0), (0, 0)]
    assert len(mailoutbox) == 1
    assert "/stay/" in mailoutbox[0].body


def test_new_readers_paused_ones_and_those_who_left_are_not_asked():
    reader_of(age=100)
    reader_of(state="paused")
    reader_of(state="unsubscribed")
    assert ask() == (0, 0)


def test_silence_for_two_weeks_pauses_the_digest():
    reader = reader_of()
    ask()
    assert ask(NOW + days(15)) == (0, 1)
    reader.refresh_from_db()
    assert (reader.state, reader.paused_until) == ("paused", None)


def test_the_button_keeps_the_digest_coming_and_looking_at_it_does_not(client, mailoutbox):
    reader = reader_of()
    ask()
    link = "/stay/" + mailoutbox[0].body.partition("/stay/")[2].split()[0]
    with time_machine.travel(NOW + days(1), tick=False):
        assert client.get(link).status_code == 200
    reader.refresh_from_db()
    assert reader.seen_at is None
    with time_machine.travel(NOW + days(2), tick=False):
        assert client.post(link).status_code == 200
    assert ask(NOW + days(15)) == (0, 0)
    reader.refresh_from_db()
    assert reader.state == "active"
    assert ask(NOW + days(190)) == (1, 0)


def deed(reader, kind, at, **values):
    digest = make_digest(reader, make_paper(Event.objects.count() + 1), day=at.date())
    record([Report(kind=kind, at=at, key=f"{kind}{at}", digest_id=digest.pk, **values)], now=NOW)


@pytest.mark.parametrize("kind", [Event.Kind.CLICKED, Event.Kind.MORE, Event.Kind.LESS])
def test_who_clicks_or_says_something_is_not_asked(kind):
    deed(reader_of(), kind, NOW - days(10))
    assert ask() == (0, 0)


def test_an_open_and_a_machines_click_are_no_signs_of_life():
    reader = reader_of()
    deed(reader, Event.Kind.OPENED, NOW - days(10))
    deed(reader, Event.Kind.CLICKED, NOW - days(9), is_machine=True)
    assert ask() == (1, 0)


def test_a_letter_that_never_left_stops_nobody():
    reader = reader_of()
    staying.ask_and_stop(now=NOW)
    Notice.objects.update(state="failed")
    assert staying.ask_and_stop(now=NOW + days(15)) == (0, 0)
    reader.refresh_from_db()
    assert reader.state == "active"


def test_nobody_is_asked_when_it_is_switched_off(settings):
    settings.SILENT_DAYS = 0
    reader_of()
    assert ask() == (0, 0)
