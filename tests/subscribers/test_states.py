"""A reader's states: who may go where, and what the columns of the next digest say then."""

import datetime as dt

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from subscribers import tasks
from subscribers.models import Subscriber, Suppression, hash_address

pytestmark = pytest.mark.django_db
NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
State = Subscriber.State


@pytest.fixture
def reader():
    return Subscriber.objects.create(email="ada@example.org", timezone="Europe/Berlin", hour=7)


def stored(reader):
    return Subscriber.objects.get(pk=reader.pk)


def test_confirming_writes_the_next_digest_ahead_in_the_readers_zone(reader):
    assert reader.confirm(now=NOON)
    assert stored(reader).state == State.ACTIVE
    assert stored(reader).next_digest_at == dt.datetime(2026, 3, 3, 6, tzinfo=dt.UTC)
    assert stored(reader).next_digest_day == dt.date(2026, 3, 3)


def test_confirming_twice_changes_nothing(reader):
    reader.confirm(now=NOON)
    assert not stored(reader).confirm(now=NOON + dt.timedelta(hours=1))
    assert stored(reader).confirmed_at == NOON


def test_a_first_digest_can_be_asked_for_once(reader):
    reader.confirm(now=NOON)
    assert reader.ask_first_digest(now=NOON)
    assert stored(reader).next_digest_at == NOON
    assert stored(reader).next_digest_day == dt.date(2026, 3, 2)
    Subscriber.objects.update(last_digest_day=dt.date(2026, 3, 2))
    assert not stored(reader).ask_first_digest(now=NOON)


def test_a_paused_reader_is_not_due_and_comes_back_by_the_date(reader):
    reader.confirm(now=NOON)
    reader.pause(until=dt.date(2026, 3, 10), now=NOON)
    tenth = dt.datetime(2026, 3, 10, 6, tzinfo=dt.UTC)
    assert not Subscriber.objects.due(now=tenth)
    assert Subscriber.objects.resume_rested(now=tenth - dt.timedelta(seconds=1)) == 0
    assert Subscriber.objects.resume_rested(now=tenth) == 1
    assert [found.pk for found in Subscriber.objects.due(now=tenth)] == [reader.pk]


def test_a_worker_whose_own_clock_is_ahead_wakes_nobody_early(reader):
    now = timezone.now()
    reader.confirm(now=now)
    reader.pause(until=(now + dt.timedelta(days=10)).date(), now=now)
    with time_machine.travel(now + dt.timedelta(days=30)):
        tasks.send_notices()
    assert stored(reader).state == State.PAUSED


def test_a_pause_without_a_date_lasts_until_the_reader_ends_it(reader):
    reader.confirm(now=NOON)
    reader.pause(until=None, now=NOON)
    assert Subscriber.objects.resume_rested(now=NOON + dt.timedelta(days=900)) == 0
    assert reader.resume(now=NOON)
    assert stored(reader).next_digest_day == dt.date(2026, 3, 3)


def test_leaving_clears_the_next_digest_and_undo_brings_it_back(reader):
    reader.confirm(now=NOON)
    assert reader.leave(now=NOON, reason="too many")
    assert (stored(reader).state, stored(reader).next_digest_at) == (State.UNSUBSCRIBED, None)
    assert not reader.leave(now=NOON)
    assert reader.undo_leave(now=NOON)
    assert (stored(reader).state, stored(reader).next_digest_day) == (State.ACTIVE, dt.date(2026, 3, 3))


def test_undoing_the_leave_of_somebody_unconfirmed_makes_no_reader(reader):
    reader.leave(now=NOON)
    reader.undo_leave(now=NOON)
    assert stored(reader).state == State.PENDING


def test_a_complaint_is_final_and_remembered_by_hash(reader):
    reader.confirm(now=NOON)
    assert reader.mark_complained(now=NOON)
    assert Suppression.objects.get().address_hash == hash_address("ADA@example.org")
    for change in (reader.confirm, reader.resume, reader.leave, reader.undo_leave, reader.mark_unreachable):
        assert not change(now=NOON)
        assert stored(reader).state == State.COMPLAINED


def test_confirming_again_lifts_what_a_bounce_had_stopped(reader):
    reader.confirm(now=NOON)
    reader.mark_unreachable(now=NOON, reason="no such mailbox")
    assert stored(reader).state == State.UNREACHABLE
    assert reader.confirm(now=NOON)
    assert not Suppression.objects.exists()


def test_a_worker_of_the_version_before_still_finds_the_column_that_it_reads(reader):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE subscribers_subscriber SET soft_bounces = 0")
        assert cursor.rowcount == 1


def test_a_stale_copy_of_a_reader_cannot_undo_a_leave(reader):
    reader.confirm(now=NOON)
    stale = stored(reader)
    reader.leave(now=NOON)
    assert not stale.pause(until=None, now=NOON)
    stale.reschedule(now=NOON)
    assert (stored(reader).state, stored(reader).next_digest_at) == (State.UNSUBSCRIBED, None)
