"""One claim of one edition: how many letters it takes on, and what it leaves behind when some cannot go."""

import datetime as dt
import fcntl
import itertools
from collections import Counter

import pytest
from django.db import connection

from newsletter.models import Digest, Edition
from newsletter.sending import send_pending
from newsletter.sending.batch import Batch, Run
from newsletter.sending.handover import Wire
from newsletter.sending.journal import journals
from papers.models import Paper
from subscribers.models import Subscriber
from tests.newsletter.readers import MORNING, make_reader
from tests.newsletter.test_sending import built, states

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("limit", "claimed", "seconds", "then"),
    [
        (160, 640, 0.4, 160),
        (160, 640, 0.8, 80),
        (160, 640, 60, 25),  # however slow the mail server is
        (80, 80, 0.01, 160),  # and however quick
        (80, 79, 0.01, 80),  # too few to tell
    ],
)
def test_an_intent_takes_on_what_leaves_in_half_a_second_and_never_more_than_160(limit, claimed, seconds, then):
    with Wire(now=MORNING) as wire:
        run = Run(wire, now=MORNING)
        run.limit, wire.seconds = limit, seconds
        run._adapt(claimed)
    assert run.limit == then


@pytest.mark.parametrize("hosts", [1, 4])  # with four it is stopped in the middle
def test_one_edition_is_not_judged_by_the_refusals_of_another(mail_server, hosts):
    asked = itertools.count()
    mail_server(lambda stage, *_: b"550 5.1.1 no\r\n" if stage == "rcpt" and next(asked) < 20 else None)
    first = built(20)
    for reader in Subscriber.objects.all():
        Subscriber.objects.filter(pk=reader.pk).update(email=f"reader{reader.pk}@host{reader.pk % hosts}.example")
    for number in range(30, 34):
        make_reader(number, next_digest_at=MORNING + dt.timedelta(days=1), next_digest_day=first.day)
    second = Edition.objects.of_day(first.day + dt.timedelta(days=1))
    picks = Digest.objects.first().picks
    Digest.objects.bulk_create(
        Digest(edition=second, subscriber=reader, picks=picks, due_at=MORNING, not_before=MORNING)
        for reader in Subscriber.objects.order_by("-pk")[:4]
    )
    Digest.objects.update(expires_at=MORNING + dt.timedelta(days=2))
    assert send_pending(now=MORNING) == {"failed": 20, "sent": 4}
    assert list(Edition.objects.filter(is_paused=True)) == [first]


def test_an_edition_with_nothing_to_send_yet_has_not_begun(mail_server):
    built(1)
    Digest.objects.update(not_before=MORNING + dt.timedelta(hours=1))
    assert send_pending(now=MORNING) == {}
    assert Edition.objects.get().state == "ready"  # or its first fifty would not be looked at


def test_an_edition_that_the_look_before_sending_holds_sends_nothing(mail_server):
    sink = mail_server()
    edition = built(1)
    Paper.objects.update(title="x")
    assert send_pending(now=MORNING) == {}
    edition.refresh_from_db()
    assert (edition.is_paused, sink.recipients) == (True, [])


def test_a_letter_that_cannot_be_made_fails_alone(mail_server):
    sink = mail_server()
    built(3)
    Subscriber.objects.filter(email="reader2@example.org").update(email="reader2\n@example.org")
    assert send_pending(now=MORNING) == Counter(sent=2, failed=1)
    assert Digest.objects.get(state="failed").reason == "could not be made: BadAddress"
    assert len(sink.recipients) == 2


@pytest.mark.parametrize("raised", [[MemoryError], [ValueError, MemoryError]], ids=["at once", "one by one"])
def test_a_process_without_memory_dies_and_blames_no_letter(mail_server, monkeypatch, raised):
    edition, faults = built(1), iter(raised)

    def fail(_url):
        raise next(faults)

    monkeypatch.setattr("newsletter.preparing.iri_to_uri", fail)
    with Wire(now=MORNING) as wire:
        batch = Batch(Run(wire, now=MORNING), edition)
        batch.claim(1)
        with pytest.raises(MemoryError):
            batch.prepare()
    assert states() == ["leased"]


def test_when_nobody_is_left_under_an_intent_its_journal_goes_too(mail_server):
    built(2)
    Subscriber.objects.update(state="unsubscribed")
    assert send_pending(now=MORNING) == {"skipped": 2}
    assert list(journals().iterdir()) == []


def test_who_was_claimed_when_their_edition_was_paused_waits_and_is_not_skipped(mail_server):
    edition = built(2)
    Edition.objects.of_day(edition.day + dt.timedelta(days=1))  # which goes on
    with Wire(now=MORNING) as wire:
        batch = Batch(Run(wire, now=MORNING), edition)
        batch.claim(2)
        letters = batch.prepare()
        edition.pause("a word is wrong")
        assert batch.intend(letters) is None
    assert states() == ["pending", "pending"]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL takes many senders")
def test_beside_another_sender_on_sqlite_nothing_is_sent(mail_server, tmp_path):
    mail_server()
    built(1)
    with (tmp_path / "sender.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert send_pending(now=MORNING) == {}
    assert send_pending(now=MORNING) == {"sent": 1}
