"""Account letters on a real wire: none lost in silence, none twice without need, none to somebody who left."""

import datetime as dt

import pytest

from subscribers import letters
from subscribers.models import Notice, Subscriber
from tests.sink import ACCEPT_DROP, Sink

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def wire(settings):
    """Point the product at a scripted mail server."""

    def lay(script=None):
        sink = Sink(script)
        sink.__enter__()
        sinks.append(sink)
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", sink.port
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        return sink

    sinks = []
    yield lay
    for sink in sinks:
        sink.__exit__(None, None, None)


@pytest.fixture
def reader():
    reader = Subscriber.objects.create(email="ada@example.org")
    reader.confirm(now=NOW)
    return reader


def write(reader, kind=Notice.Kind.WELCOME, **details):
    return letters.write(reader, kind, details=details, now=NOW)


def state(notice):
    notice.refresh_from_db()
    return notice.state


def test_a_letter_leaves_once(wire, reader):
    sink, notice = wire(), write(reader)
    assert letters.send(now=NOW) == 1
    assert letters.send(now=NOW) == 0
    assert len(sink.messages) == 1
    assert (state(notice), notice.sent_at) == ("sent", NOW)


def test_a_refused_address_is_written_down(wire, reader):
    wire({"rcpt": b"550 5.1.1 no such mailbox\r\n"})
    notice = write(reader)
    letters.send(now=NOW)
    assert state(notice) == "failed"
    assert "550" in notice.reason


def test_a_busy_mailbox_is_tried_again_later_and_not_for_ever(wire, reader):
    wire({"rcpt": b"451 4.7.1 come back later\r\n"})
    notice = write(reader)
    now, tries = NOW, 0
    while state(notice) == "pending":
        now = max(now, notice.not_before)
        letters.send(now=now)
        tries += 1
    assert (tries, notice.state) == (8, "failed")
    assert now - NOW >= dt.timedelta(hours=2)


def test_a_mail_server_of_ours_that_is_away_costs_no_try(wire, reader, settings):
    wire()
    settings.EMAIL_PORT = 1
    notice = write(reader)
    for minutes in range(12):
        letters.send(now=NOW + minutes * MINUTE)
    assert (state(notice), notice.attempts) == ("pending", 0)
    wire()
    assert letters.send(now=NOW + dt.timedelta(hours=1)) == 1


def test_a_letter_in_doubt_is_sent_again(wire, reader):
    """The server took it and hung up without a word: two confirmations are better than none."""
    sink = wire(lambda stage, connection, _letter: ACCEPT_DROP if stage == "dot" and connection == 1 else None)
    notice = write(reader)
    letters.send(now=NOW)
    assert state(notice) == "pending"
    letters.send(now=NOW + 2 * MINUTE)
    assert state(notice) == "sent"
    assert len(sink.messages) == 2


def test_what_a_dead_worker_left_is_taken_up(wire, reader):
    wire()
    notice = write(reader)
    assert notice.claim(until=NOW + 5 * MINUTE)
    assert letters.send(now=NOW + MINUTE) == 0
    assert letters.send(now=NOW + 6 * MINUTE) == 1


def test_a_letter_that_kills_its_worker_is_given_up_and_says_so(wire, reader):
    wire()
    notice = write(reader)
    Notice.objects.update(state="sending", attempts=8, lease_until=NOW)
    letters.send(now=NOW + MINUTE)
    assert state(notice) == "failed"
    assert "given up" in notice.reason


def test_two_workers_take_a_letter_once(reader):
    notice = write(reader)
    twin = Notice.objects.get(pk=notice.pk)
    assert [notice.claim(until=NOW + MINUTE), twin.claim(until=NOW + MINUTE)] == [True, False]


def test_a_letter_that_cannot_be_made_stops_no_other(wire, reader):
    sink = wire()
    broken, good = write(reader, Notice.Kind.ADDRESS_NEW), write(reader)
    assert letters.send(now=NOW) == 1
    assert (state(broken), broken.reason, state(good)) == ("failed", "cannot be made: KeyError", "sent")
    assert len(sink.messages) == 1


def test_nobody_who_left_in_the_meantime_is_welcomed(wire, reader):
    sink, notice = wire(), write(reader)
    reader.leave(now=NOW)
    letters.send(now=NOW)
    assert sink.messages == []
    assert state(notice) == "failed"
