"""What a sweep settles, and what it must leave to others."""

import datetime as dt

import pytest

from mail.transport import Kind, Outcome
from newsletter.models import Digest, Edition
from newsletter.sending import sweep
from newsletter.sending.journal import Journal
from tests.newsletter.readers import DAY, MORNING, make_reader
from tests.newsletter.test_journal import claimed, died, in_hand, letter, states

pytestmark = pytest.mark.django_db
LONG_AGO = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.VAR_DIR = tmp_path


@pytest.fixture
def hanging():
    """Return a function that gives a worker which lives, hangs past its lease, and had one of two letters accepted."""
    journals = []

    def hang():
        journals.append(journal := Journal())
        first, second = in_hand_of(journal.lease)
        journal.begin()
        intent = journal.intend()
        for pk in (first, second):
            intent.leaving(letter(pk))
        intent.answered(Outcome(str(first), Kind.ACCEPTED, "dot", 250))
        return first, second

    yield hang
    for journal in journals:
        journal.abandon()


def in_hand_of(lease):
    edition = Edition.objects.of_day(DAY)
    Edition.objects.update(state="sending", candidate_count=9)
    Digest.objects.bulk_create(
        Digest(edition=edition, subscriber=make_reader(Digest.objects.count() + number), not_before=MORNING)
        for number in (1, 2)
    )
    rows = Digest.objects.claim(lease, edition=edition, now=MORNING, limit=2)
    return sorted(Digest.objects.mark_sending(lease, [row.pk for row in rows], edition=edition))


def test_the_claims_of_the_living_stay_when_other_workers_died():
    dead, on_its_way = in_hand(2)
    (ready,) = claimed(1, lease="alive")
    Digest.objects.filter(pk=on_its_way).update(lease_owner="alive")
    died(f"B\tdead\nS\t{dead}\n")
    died("", name="unready")
    sweep(now=MORNING)
    assert dict(Digest.objects.values_list("pk", "state")) == {dead: "unknown", on_its_way: "sending", ready: "leased"}


def test_two_workers_that_hang_past_their_leases_are_each_settled_from_their_own_journal(hanging):
    (one, other), (third, fourth) = hanging(), hanging()
    Digest.objects.update(lease_until=LONG_AGO)
    sweep(now=MORNING)
    assert dict(Digest.objects.values_list("pk", "state")) == {
        one: "sent",
        other: "unknown",
        third: "sent",
        fourth: "unknown",
    }


def test_a_claim_whose_lease_is_over_goes_back_wherever_its_journal_lies():
    in_hand(1, lease="elsewhere")
    claimed(1, lease="elsewhere")
    Digest.objects.update(lease_until=LONG_AGO)
    sweep(now=MORNING)
    assert states() == ["unknown", "pending"]


def test_what_a_dead_worker_had_settled_itself_is_not_taken_for_a_second_copy():
    settled, open_ = in_hand(2)
    Digest.objects.all().mark_sent("dead", [settled])
    died(f"B\tdead\nS\t{settled}\nA\t{settled}\taccepted\tdot\t250\t\t\t0\t\nS\t{open_}\n")
    sweep(now=MORNING)
    assert states() == ["sent", "unknown"]
    assert not Digest.objects.filter(resends=1).exists()


def test_who_is_in_doubt_for_the_second_time_has_failed():
    in_hand(1)
    Digest.objects.update(state="unknown", reason="no answer", resends=1, sending_at=LONG_AGO, lease_owner="")
    sweep(now=MORNING)
    assert (states(), Digest.objects.get().reason[:9]) == (["failed"], "ambiguous")


def test_an_edition_whose_time_is_over_waits_for_the_word_of_a_worker():
    (pk,) = in_hand(1, lease="elsewhere")
    over = Edition.objects.get().expires_at
    sweep(now=over)
    assert Edition.objects.get().state not in ("expired", *Edition.FINISHED)
    Digest.objects.all().mark_sent("elsewhere", [pk])
    sweep(now=over)
    assert (Edition.objects.get().state, Edition.objects.get().closing_accounts) == ("done", {"sent": 1})


def test_a_day_without_any_reader_expires():
    edition = Edition.objects.of_day(DAY)
    sweep(now=MORNING)
    assert Edition.objects.get().state == "planned"
    sweep(now=edition.expires_at)
    assert Edition.objects.get().state == "expired"


def test_an_edition_waits_for_readers_without_a_row_and_not_for_those_who_left():
    edition = Edition.objects.of_day(DAY)
    edition.mark_building(candidates=2, excluded=0)
    Digest.objects.create(edition=edition, state="sent", not_before=MORNING)
    type(make_reader()).objects.update(state="unsubscribed")
    sweep(now=MORNING)
    assert Edition.objects.get().state == "building"  # its accounts do not balance
    Digest.objects.create(edition=edition, state="sent", not_before=MORNING)
    sweep(now=MORNING)
    assert Edition.objects.get().state == "done"
