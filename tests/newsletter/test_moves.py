"""Each move takes the rows that it names and no others: the guards, one by one."""

import datetime as dt

import pytest
from django.utils import timezone

from mail.transport import Kind, Outcome
from newsletter.models import Digest, Edition, Event
from newsletter.models.moves import MOST_RECLAIMS, seconds
from newsletter.sending.outcomes import write_down
from tests.newsletter.readers import DAY, MORNING, make_reader

pytestmark = pytest.mark.django_db
STATES = list(Digest.State)
HELD = ("leased", "sending")
LONG_AGO = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)


@pytest.fixture
def edition() -> Edition:
    edition = Edition.objects.of_day(DAY)
    edition.mark_building(candidates=0, excluded=0)
    return edition


def add(edition: Edition, state: str = "pending", **values) -> Digest:
    """Return a row as the moves would have left it in that state; `mine` holds it, for an hour from now."""
    held = {"lease_owner": "mine", "lease_until": timezone.now() + dt.timedelta(hours=1)} if state in HELD else {}
    values = {"attempts": 1, "claim_no": 1, "sending_at": LONG_AGO, "not_before": MORNING, **held, **values}
    values = {"expires_at": MORNING + dt.timedelta(days=1), "due_at": MORNING, **values}
    return Digest.objects.create(edition=edition, state=state, reason="as the test says", **values)


def as_they_stand() -> dict[int, dict]:
    return {row["id"]: row for row in Digest.objects.values()}


BY_ITS_HOLDER = {
    "mark_skipped": ({"leased"}, {"reason": "why"}),
    "release": ({"leased"}, {}),
    "mark_sent": ({"sending"}, {}),
    "mark_deferred": ({"sending"}, {"now": MORNING, "stage": "rcpt", "code": "4.2.0"}),
    "mark_not_handed_over": ({"sending"}, {}),
    "mark_failed": ({"leased", "sending"}, {"reason": "why"}),
    "mark_unknown": ({"sending"}, {"reason": "why"}),
}


@pytest.mark.parametrize("move", BY_ITS_HOLDER)
def test_a_holder_moves_what_it_names_and_holds_in_the_right_state_and_nothing_else(edition, move):
    mine = {state: add(edition, state).pk for state in STATES}
    others = {add(edition, state, lease_owner="other").pk for state in HELD}
    for state in HELD:
        add(edition, state)  # held, and not named
    before = as_they_stand()
    origins, more = BY_ITS_HOLDER[move]
    assert getattr(Digest.objects.all(), move)("mine", {*mine.values(), *others}, **more) in (len(origins), None)
    after = as_they_stand()
    assert {pk for pk in before if before[pk] != after[pk]} == {mine[state] for state in origins}
    assert {(after[mine[state]]["lease_owner"], after[mine[state]]["lease_until"]) for state in origins} == {("", None)}


BY_ANYBODY = {
    "take_back": ({"leased"}, {}),
    "doubt": ({"sending"}, {}),
    "mark_arrived": ({"unknown"}, {}),
    "resend_once": ({"unknown"}, {"grace": seconds(60)}),
    "give_up_doubt": ({"unknown"}, {"grace": seconds(60), "least_resends": 0}),
    "assume_sent": ({"unknown"}, {"grace": seconds(60)}),
    "expire": ({"pending", "unknown"}, {"reason": "why"}),
    "cancel": ({"pending"}, {"reason": "why"}),
    "retry_failed": ({"failed"}, {"now": MORNING}),
}


@pytest.mark.parametrize("move", BY_ANYBODY)
def test_what_time_and_editors_move_is_in_the_right_state_too(edition, move):
    rows = {state: add(edition, state).pk for state in STATES}
    origins, more = BY_ANYBODY[move]
    assert getattr(Digest.objects.all(), move)(**more) == len(origins)
    states = dict(Digest.objects.values_list("pk", "state"))
    assert {state for state in STATES if states[rows[state]] != state} == origins


def test_a_dead_workers_claims_go_back_and_those_of_others_stay(edition):
    dead = add(edition, "leased")
    for more in ({"state": "leased", "lease_owner": "other"}, {"state": "sending"}):
        add(edition, **more)
    assert Digest.objects.put_back("mine") == 1
    assert list(Digest.objects.filter(state="pending")) == [dead]


def test_a_claim_is_of_one_edition_whoever_was_to_leave_first_first(edition):
    other = Edition.objects.of_day(DAY + dt.timedelta(days=1))
    second, first = add(edition), add(edition, not_before=MORNING - dt.timedelta(hours=1))
    add(other)
    assert [held.pk for held in Digest.objects.claim("mine", edition=edition, now=MORNING, limit=5)] == [
        first.pk,
        second.pk,
    ]
    assert set(Digest.objects.filter(state="leased").values_list("claim_no", flat=True)) == {2}
    first.refresh_from_db()
    assert first.lease_until <= timezone.now() + seconds(60)


def test_what_took_three_workers_down_waits_for_all_others_and_then_goes_alone(edition):
    feared, healthy, other = add(edition, reclaims=3), add(edition), add(edition, reclaims=3)
    claims = [Digest.objects.claim(str(n), edition=edition, now=MORNING, limit=640) for n in range(4)]
    assert [[held.pk for held in claim] for claim in claims] == [[healthy.pk], [feared.pk], [other.pk], []]


def test_a_claim_whose_worker_dies_the_fifth_time_is_the_poison(edition):
    poison, other = add(edition, "leased", reclaims=MOST_RECLAIMS - 1), add(edition, "leased", reclaims=1)
    Digest.objects.take_back()
    rows = Digest.objects.in_bulk()
    assert (rows[poison.pk].state, rows[poison.pk].reclaims) == ("failed", MOST_RECLAIMS)
    assert (rows[other.pk].state, rows[other.pk].reclaims) == ("pending", 2)


@pytest.mark.parametrize(
    ("which", "kept"),
    [
        ({}, True),
        ({"state": "sending"}, False),
        ({"lease_owner": "other"}, False),
        ({"lease_until": LONG_AGO}, False),
    ],
    ids=str,
)
def test_an_intent_stands_only_under_a_lease_that_is_not_over(edition, which, kept):
    digest = add(edition, **{"state": "leased", "subscriber": make_reader(), **which})
    unnamed = add(edition, "leased", subscriber=make_reader(2))
    assert Digest.objects.mark_sending("mine", {digest.pk}, edition=edition) == ({digest.pk} if kept else set())
    unnamed.refresh_from_db()
    assert unnamed.state == "leased"


def test_an_intent_needs_its_own_edition_to_go_on(edition):
    digest = add(edition, "leased", subscriber=make_reader())
    Edition.objects.of_day(DAY + dt.timedelta(days=1))  # which nobody stopped
    edition.mark_cancelled()
    assert Digest.objects.mark_sending("mine", {digest.pk}, edition=edition) == set()


def test_an_intent_begins_a_new_lease_that_is_long_enough_for_the_slowest_answer(edition):
    digest = add(edition, "leased", subscriber=make_reader(), attempts=0, sending_at=None)
    Digest.objects.mark_sending("mine", {digest.pk}, edition=edition)
    digest.refresh_from_db()
    assert (digest.attempts, digest.reason) == (1, "")
    assert digest.lease_until - digest.sending_at == seconds(150)


def test_what_is_sent_keeps_its_last_answer_and_nothing_of_the_tries_before(edition):
    digest = add(edition, "sending", last_stage="rcpt", last_code="4.2.0")
    Digest.objects.mark_sent("mine", {digest.pk}, code="2.0.0", provider_id="m-1")
    digest.refresh_from_db()
    assert (digest.last_stage, digest.last_code, digest.provider_id) == ("", "2.0.0", "m-1")
    assert digest.sent_at is not None


def test_whose_lease_is_over_is_not_skipped_but_waits_again(edition):
    digest = add(edition, "leased", lease_until=LONG_AGO)
    assert Digest.objects.mark_skipped("mine", {digest.pk}, "left") == 0


def test_each_not_now_waits_longer_than_the_one_before_and_the_eighth_is_the_last(edition):
    minutes = {1: 1, 2: 5, 3: 15, 4: 60, 7: 60}
    rows = {attempts: add(edition, "sending", attempts=attempts) for attempts in (*minutes, 8)}
    ids = [digest.pk for digest in rows.values()]
    Digest.objects.mark_deferred("mine", ids, now=MORNING, stage="rcpt", code="4.2.0")
    for digest in rows.values():
        digest.refresh_from_db()
    for attempts, least in minutes.items():
        assert least <= (rows[attempts].not_before - MORNING).total_seconds() / 60 <= least * 1.25
    assert [digest.state for digest in rows.values()] == ["pending"] * 5 + ["failed"]


def test_two_batches_of_a_tick_that_were_put_off_do_not_come_back_at_the_same_second(edition):
    for _ in range(2):
        batch = [add(edition, "sending").pk]
        Digest.objects.mark_deferred("mine", batch, now=MORNING, stage="rcpt", code="4.2.0")
    assert len(set(Digest.objects.values_list("not_before", flat=True))) == 2


def test_what_a_budget_holds_back_waits_as_long_as_it_says_and_costs_no_attempt(edition):
    held, other = add(edition, "sending"), add(edition, "sending")
    told = [
        Outcome(str(held.pk), Kind.DEFERRED, "throttle", is_transport=True, retry_after=2.2),
        Outcome(str(other.pk), Kind.ACCEPTED, "dot", 250),
    ]
    tally = write_down("mine", told, left={other.pk}, intended={held.pk: 1, other.pk: 1}, now=MORNING)
    assert tally == {"sent": 1, "deferred": 1}
    held.refresh_from_db()
    assert (held.state, held.attempts, held.sending_at) == ("pending", 0, None)
    assert held.not_before == MORNING + seconds(3)


def test_a_batch_is_written_down_whole_or_not_at_all(edition):
    sent, held = add(edition, "sending"), add(edition, "sending")
    told = [
        Outcome(str(sent.pk), Kind.ACCEPTED, "dot", 250),
        Outcome(str(held.pk), Kind.DEFERRED, "throttle", is_transport=True, retry_after=1e15),  # beyond all calendars
    ]
    with pytest.raises(OverflowError):
        write_down("mine", told, left=(), intended={sent.pk: 1, held.pk: 1}, now=MORNING)
    assert set(Digest.objects.values_list("state", flat=True)) == {"sending"}


def test_each_letter_keeps_the_id_that_its_provider_gave_it(edition):
    ids = {str(add(edition, "sending").pk): f"m-{number}" for number in range(3)}
    told = [Outcome(key, Kind.ACCEPTED, "api", 200, provider_id=given) for key, given in ids.items()]
    write_down("mine", told, left=(), intended=dict.fromkeys(map(int, ids), 1), now=MORNING)
    assert {str(pk): given for pk, given in Digest.objects.values_list("pk", "provider_id")} == ids


def test_a_refusal_of_each_claim_is_an_event_of_its_own(edition):
    digest = add(edition, "sending")
    refusal = Outcome(str(digest.pk), Kind.REFUSED, "rcpt", 552, "5.2.2", "the mailbox is full")
    for claim_no in (1, 1, 2):
        write_down("mine", [refusal], left=(), intended={digest.pk: claim_no}, now=MORNING)
    assert Event.objects.count() == 2


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"state": "unknown"}, ("sent", 0, "settled")),
        ({"state": "pending"}, ("sent", 0, "settled")),
        ({"state": "failed"}, ("sent", 0, "settled")),
        ({"state": "sent"}, ("sent", 0, "as")),  # its word was heard before
        ({"state": "pending", "claim_no": 2}, ("pending", 1, "sent")),
        ({"state": "sending", "claim_no": 2}, ("sending", 1, "sent")),
        ({"state": "sent", "claim_no": 2}, ("sent", 1, "sent")),
    ],
    ids=str,
)
def test_a_late_word_of_the_first_claim_settles_it_or_marks_the_second_copy(edition, row, said):
    digest = add(edition, **row)
    Digest.objects.hear_late({digest.pk: 1})
    digest.refresh_from_db()
    assert (digest.state, digest.resends, digest.reason.split()[0]) == said


def test_doubt_is_left_alone_within_its_grace_and_sent_again_once(edition):
    fresh, first, second = (add(edition, "unknown") for _ in range(3))
    Digest.objects.filter(pk=fresh.pk).update(sending_at=timezone.now())
    Digest.objects.filter(pk=second.pk).update(resends=1)
    Digest.objects.filter(pk=first.pk).update(not_before=MORNING + dt.timedelta(hours=9))
    for policy in ("give_up_doubt", "resend_once", "assume_sent"):
        getattr(Digest.objects.all(), policy)(grace=seconds(60))
    rows = Digest.objects.in_bulk()
    assert [rows[digest.pk].state for digest in (fresh, first, second)] == ["unknown", "pending", "failed"]
    assert (rows[first.pk].resends, rows[first.pk].not_before) == (1, MORNING)


def test_what_is_taken_as_sent_or_arrived_after_all_was_sent_when_it_left(edition):
    taken, arrived = add(edition, "unknown"), add(edition, "unknown")
    Digest.objects.filter(pk=arrived.pk).mark_delivered(MORNING)
    Digest.objects.assume_sent(grace=seconds(60))
    assert set(Digest.objects.values_list("state", "sent_at")) == {("sent", LONG_AGO)}
    assert {taken.pk, arrived.pk} == set(Digest.objects.values_list("pk", flat=True))


def test_the_failed_wait_again_from_the_start_unless_their_day_is_over_or_they_are_in_doubt(edition):
    failed = add(edition, "failed", attempts=8, reclaims=4, not_before=LONG_AGO)
    add(edition, "failed", expires_at=MORNING)
    Digest.objects.filter(pk=add(edition, "unknown").pk).expire(reason="the edition's time is over")
    assert Digest.objects.retry_failed(now=MORNING) == 1
    failed.refresh_from_db()
    assert (failed.state, failed.attempts, failed.reclaims, failed.reason) == ("pending", 0, 0, "")
    assert failed.not_before == MORNING


def test_what_an_editor_stopped_is_not_overdue(edition):
    add(edition)
    assert Digest.objects.all().overdue_since() == MORNING
    edition.pause("for a look")
    assert Digest.objects.all().overdue_since() is None
