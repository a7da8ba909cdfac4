"""What a worker's journal says after its death, and what a sweep makes of it."""

import datetime as dt
import os
import resource
import signal
import subprocess
import sys

import pytest

from mail.letter import Letter
from mail.transport import Kind, Outcome
from newsletter.building import build_due
from newsletter.models import Digest, Edition
from newsletter.sending import sweep
from newsletter.sending.journal import Journal, journals, journals_of_the_dead, read_page
from tests.newsletter.readers import MORNING, make_reader
from tests.papers.shelf import make_paper


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.VAR_DIR = tmp_path


def letter(key: object) -> Letter:
    return Letter(str(key), "from@example.org", "to@example.org", {}, "", "")


def died(lines: str, name: str = "dead") -> None:
    (journals() / f"{name}.journal").write_text(lines)


def in_hand(count: int, lease: str = "dead") -> list[int]:
    """Return digests whose intent is written under a lease."""
    make_paper()
    for number in range(count):
        make_reader(number)
    build_due(now=MORNING)
    edition = Edition.objects.get()
    claimed = Digest.objects.claim(lease, edition=edition, now=MORNING, limit=count)
    return sorted(Digest.objects.mark_sending(lease, [digest.pk for digest in claimed], edition=edition))


def claimed(count: int, lease: str = "dead") -> list[int]:
    """Return digests that are claimed under a lease and not yet meant to leave."""
    for number in range(10, 10 + count):
        make_reader(number)
    build_due(now=MORNING)
    found = Digest.objects.claim(lease, edition=Edition.objects.get(), now=MORNING, limit=count)
    return sorted(digest.pk for digest in found)


def states() -> list[str]:
    return list(Digest.objects.order_by("pk").values_list("state", flat=True))


@pytest.fixture
def journal():
    journal = Journal()
    yield journal
    journal.abandon()


def test_a_journal_is_gone_once_every_intent_is_settled_and_stays_when_one_is_not():
    done, broken = Journal(), Journal()
    for journal in (done, broken):
        journal.begin()
        journal.intend()
        journal.note_settled()
        assert journal.path.exists()  # another intent may follow
        journal.intend()
        journal.intend()
        journal.note_settled()
        journal.end()
        assert journal.path.exists()
    done.note_settled()
    broken.abandon()
    assert not done.path.exists()
    assert broken.path.exists()
    assert [lease for lease, _path in journals_of_the_dead()] == [broken.lease]


def test_a_living_workers_journal_is_left_alone(journal):
    journal.begin()
    assert list(journals_of_the_dead()) == []
    assert journal.path.exists()


def test_a_page_tells_who_left_and_what_was_answered_under_both_intents_that_stand(journal):
    journal.begin()
    first, second = journal.intend(), journal.intend()
    first.leaving(letter(1))
    second.leaving(letter(2))
    first.answered(Outcome("1", Kind.REFUSED, "rcpt", 550, "5.1.1", "no\tsuch\nuser"))
    page = read_page(journal.path)
    assert (page.lease, page.left) == (journal.lease, {1, 2})
    assert (first.left, second.left) == ({"1"}, {"2"})
    assert page.outcomes == [Outcome("1", Kind.REFUSED, "rcpt", 550, "5.1.1", "no such user")]


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome("1", Kind.ACCEPTED, "dot", 250),
        Outcome("1", Kind.ACCEPTED, "dot", 250, "2.0.0"),
        Outcome("1", Kind.ACCEPTED, "api", 200, provider_id="m-1"),
        Outcome("1", Kind.DEFERRED, "banner", 421, "4.3.2", "not now", is_transport=True),
        Outcome("1", Kind.UNKNOWN, "dot", 0, "", "no answer in time at dot"),
    ],
    ids=str,
)
def test_an_outcome_reads_back_as_it_was(journal, outcome):
    journal.intend().answered(outcome)
    assert read_page(journal.path).outcomes == [outcome]


def test_what_another_sweeper_settles_just_now_is_left_to_it(monkeypatch):
    died("B\tdead\n")
    monkeypatch.setattr("fcntl.flock", lambda *_: (journals() / "dead.journal").unlink())  # the other was quicker
    assert list(journals_of_the_dead()) == []


def test_no_letter_leaves_under_an_intent_that_is_too_old(monkeypatch, journal):
    monkeypatch.setattr("newsletter.sending.journal.MOST_SECONDS_TO_LEAVE", 0)
    with pytest.raises(OSError, match="too old"):
        journal.intend().leaving(letter(1))


def test_a_full_disk_keeps_the_letter_here(journal):
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, journal._file)
    os.close(full)
    intent = journal.intend()
    with pytest.raises(OSError, match="No space"):
        intent.leaving(letter(1))
    intent.answered(Outcome("1", Kind.DEFERRED))  # its owner hears of it all the same


def test_a_line_that_fits_only_in_part_keeps_the_letter_here(journal):
    journal.begin()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (journal.path.stat().st_size + 1, hard))
    try:
        with pytest.raises(OSError, match="disk is full"):
            journal.intend().leaving(letter(1))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.django_db
def test_a_dead_workers_batch_is_settled_at_once_letter_by_letter():
    accepted, doubtful, refused, unstarted = in_hand(4)
    said = Outcome(str(refused), Kind.REFUSED, "rcpt", 550, "5.1.1", "no such user")
    died(
        f"B\tdead\nS\t{accepted}\nA\t{accepted}\taccepted\tdot\t250\t2.0.0\t\t0\t\nS\t{doubtful}\n"
        f"S\t{refused}\nA\t{refused}\trefused\trcpt\t{said.code}\t{said.enhanced}\t\t0\t{said.text}\n"
    )
    sweep(now=MORNING)
    assert states() == ["sent", "unknown", "failed", "pending"]
    assert Digest.objects.get(pk=unstarted).attempts == 0
    assert list(journals().iterdir()) == []


@pytest.mark.django_db
def test_what_a_dead_worker_had_made_ready_goes_back_without_blame():
    sending, ready, other = in_hand(1)[0], *claimed(2)
    Digest.objects.filter(pk=other).update(lease_owner="unready")
    died(f"B\tdead\nS\t{sending}\n")
    died("", name="unready")
    sweep(now=MORNING)
    assert states() == ["unknown", "pending", "pending"]
    assert Digest.objects.get(pk=ready).reclaims == 0  # it waited for its turn
    assert Digest.objects.get(pk=other).reclaims == 1  # being made ready when the worker died, as far as one knows


@pytest.mark.django_db
def test_a_last_line_torn_by_the_crash_leaves_its_letter_in_doubt():
    (pk,) = in_hand(1)
    died(f"B\tdead\nS\t{pk}\nA\t{pk}\taccep")
    sweep(now=MORNING)
    assert states() == ["unknown"]


@pytest.mark.django_db
def test_the_journal_of_another_claim_settles_nothing():
    (pk,) = in_hand(1, lease="dead")
    died(f"B\tother\nS\t{pk}\nA\t{pk}\taccepted\tdot\t250\t2.0.0\t\t0\t\n", name="other")
    died("")
    sweep(now=MORNING)
    assert states() == ["unknown"]  # its own page was never written: nobody knows


@pytest.mark.django_db
def test_a_batch_whose_journal_lies_elsewhere_waits_for_its_lease():
    in_hand(2, lease="elsewhere")
    sweep(now=MORNING)
    assert states() == ["sending", "sending"]
    Digest.objects.update(lease_until=MORNING - dt.timedelta(days=900))
    sweep(now=MORNING)
    assert states() == ["unknown", "unknown"]


def test_the_kernel_tells_of_a_death(tmp_path):
    code = (
        "import os, django; django.setup();"
        "from newsletter.sending.journal import Journal;"
        "journal = Journal(); journal.begin(); print('ready', flush=True); input()"
    )
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", "VAR_DIR": str(tmp_path)}
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", code], stdin=pipe, stdout=pipe, env=environment) as worker:
        assert worker.stdout.readline() == b"ready\n"
        assert list(journals_of_the_dead()) == []
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    assert len(list(journals_of_the_dead())) == 1
