"""Letters leave in a thread of their own while their owner makes the next ones ready: what may not go wrong with it."""

import os
import threading

import pytest

from mail.transport import Kind, Outcome
from newsletter.building import build_due
from newsletter.models import Digest, Edition, Pulse
from newsletter.sending import handover, send_pending, sweep
from newsletter.sending.batch import Batch, Run
from newsletter.sending.handover import Handover, Wire
from newsletter.sending.journal import JournalFull, journals
from tests.newsletter.readers import MORNING, make_reader
from tests.papers.shelf import make_paper

pytestmark = pytest.mark.django_db


class Gate(threading.Event):
    """Until it is set, the mail server answers no letter; `arrived` counts those that stand before it."""

    def __init__(self):
        super().__init__()
        self.arrived = threading.Semaphore(0)

    def act(self, stage, _connection, _letter):
        if stage == "dot":
            self.arrived.release()
            self.wait(20)


@pytest.fixture
def gate(mail_server):
    gate = Gate()
    mail_server(gate.act)
    yield gate
    gate.set()


@pytest.fixture
def edition():
    make_paper()
    for number in range(6):
        make_reader(number)
    build_due(now=MORNING)
    return Edition.objects.get()


class Sender:
    """One claim of all six digests, sent in two parts: one, then five."""

    def __init__(self, wire, edition):
        self.wire = wire
        self.batch = Batch(Run(wire, now=MORNING), edition)
        self.batch.claim(6)
        letters = self.batch.prepare()
        self.batch.journal.begin()
        ids = sorted(letters)
        self.parts = [{pk: letters[pk] for pk in part} for part in (ids[:1], ids[1:])]

    def send(self, number):
        return self.wire.send(self.batch.intend(self.parts[number]))


def states():
    return list(Digest.objects.order_by("pk").values_list("state", flat=True))


def test_an_intent_is_written_while_the_letters_of_the_one_before_are_on_their_way(gate, edition):
    with Wire(now=MORNING) as wire:
        sender = Sender(wire, edition)
        assert sender.send(0)
        sender.batch.intend(sender.parts[1])
        assert states() == ["sending"] * 6
        gate.set()
    assert wire.tally == {"sent": 1}


def test_both_parts_arrive_once_and_the_journal_is_gone(gate, edition):
    gate.set()
    with Wire(now=MORNING) as wire:
        sender = Sender(wire, edition)
        assert sender.send(0)
        assert sender.send(1)
        sender.batch.journal.end()
    assert (wire.tally, states()) == ({"sent": 6}, ["sent"] * 6)
    assert list(journals().iterdir()) == []


def test_an_owner_in_trouble_waits_for_its_letters_and_the_next_sweep_knows_what_became_of_them(gate, edition):
    def fail(wire):
        Sender(wire, edition).send(0)
        assert gate.arrived.acquire(timeout=20)
        threading.Timer(0.2, gate.set).start()  # after the trouble has begun
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), Wire(now=MORNING) as wire:
        fail(wire)
    assert states() == ["sending"] + ["leased"] * 5
    sweep(now=MORNING)
    assert states() == ["sent"] + ["pending"] * 5
    assert not Digest.objects.filter(reclaims__gt=0).exists()


def test_a_pause_stops_the_part_on_its_way_and_the_one_behind_it(gate, edition, monkeypatch):
    monkeypatch.setattr(handover, "_LOOK_UP_SECONDS", 0.05)
    with Wire(now=MORNING) as wire:
        sender = Sender(wire, edition)
        sender.send(0)
        assert gate.arrived.acquire(timeout=20)
        intended = sender.batch.intend(sender.parts[1])
        edition.pause("a word is wrong")
        threading.Timer(0.5, gate.set).start()  # ten looks later
        assert not wire.send(intended)
    assert states() == ["sent"] + ["pending"] * 5  # the first was in the server's hands already
    assert set(Digest.objects.filter(state="pending").values_list("attempts", flat=True)) == {0}


def test_who_waits_for_room_behind_letters_that_are_stopped_waits_no_longer(gate, edition, monkeypatch):
    monkeypatch.setattr(handover, "_LOOK_UP_SECONDS", 0.05)
    for number in range(10, 50):
        make_reader(number)
    build_due(now=MORNING)
    with Wire(now=MORNING) as wire:
        batch = Batch(Run(wire, now=MORNING), edition)
        batch.claim(46)
        wire.send(batch.intend(batch.prepare()))
        assert gate.arrived.acquire(timeout=20)
        edition.pause("a word is wrong")
        threading.Timer(0.3, gate.set).start()
        wire.make_room()
        batch.journal.end()
    assert {"sent", "pending"} == set(states())


def test_the_late_word_of_a_worker_settles_what_was_in_doubt_meanwhile(gate, edition):
    Digest.objects.update(claim_no=4)
    with Wire(now=MORNING) as wire:
        Sender(wire, edition).send(0)
        assert gate.arrived.acquire(timeout=20)
        assert Digest.objects.filter(state="sending").doubt() == 1  # its lease was over
        gate.set()
    assert states() == ["sent"] + ["leased"] * 5
    assert not Digest.objects.filter(resends=1).exists()


def test_the_next_intent_is_written_when_three_quarters_of_the_letters_have_their_outcome():
    part = Handover(Edition(), None, dict.fromkeys(range(4)), {})
    nearly = []
    for key in range(3):
        part.note(Outcome(str(key), Kind.ACCEPTED))
        nearly.append(part.is_nearly_done.is_set())
    assert nearly == [False, False, True]


@pytest.mark.parametrize(
    ("stage", "is_transport", "is_theirs"),
    [("banner", True, True), ("throttle", True, False), ("journal", True, False), ("rcpt", False, False)],
)
def test_what_keeps_a_letter_here_is_no_word_of_a_mail_server(stage, is_transport, is_theirs):
    part = Handover(Edition(), None, {}, {})
    part.outcomes = [Outcome("1", Kind.DEFERRED, stage, is_transport=is_transport)]
    assert (part.turned_away_by() is not None) == is_theirs


def test_what_waits_too_long_behind_a_server_that_hangs_goes_back_without_blame(mail_server, edition):
    with Wire(now=MORNING) as wire:
        run = Run(wire, now=MORNING)
        run.limit = 1
        batch = Batch(run, edition)

        def hang(stage, _connection, _letter):
            if stage == "dot":
                batch._claimed_at -= 60  # a minute goes by

        mail_server(hang)
        batch.claim(6)
        batch.send()
    assert states() == ["sent"] + ["pending"] * 5
    assert not Digest.objects.filter(reclaims__gt=0).exists()


def test_what_the_thread_cannot_do_its_owner_is_told(gate, edition, settings):
    settings.EMAIL_BACKEND = "nowhere.Backend"
    with pytest.raises(ImportError):
        send_pending(now=MORNING)
    assert "sent" not in states()


def test_a_journal_that_takes_nothing_stops_the_sending_and_blames_nobody(gate, edition, settings, tmp_path):
    gate.set()
    (tmp_path / "journals").write_text("in the way")
    assert send_pending(now=MORNING) == {"stopped": 1}
    assert states() == ["pending"] * 6
    assert Pulse.seen()[Pulse.DISK_FULL].at == MORNING
    (tmp_path / "journals").unlink()
    assert send_pending(now=MORNING) == {"sent": 6}


def test_a_journal_that_fills_up_before_its_letters_are_ready_gives_them_back(gate, edition):
    with Wire(now=MORNING) as wire:
        batch = Batch(Run(wire, now=MORNING), edition)
        batch.claim(6)
        full = os.open("/dev/full", os.O_WRONLY)
        os.dup2(full, batch.journal._file)
        os.close(full)
        with pytest.raises(JournalFull, match="No space"):
            batch.send()
    assert states() == ["pending"] * 6
    assert not Digest.objects.filter(reclaims__gt=0).exists()
    assert list(journals().iterdir()) == []
