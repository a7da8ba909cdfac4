"""An edition's moves: each from the states it may leave, and the accounts that follow."""

import datetime as dt

import pytest

from newsletter.models import Digest, Edition
from subscribers.cadence import Due, due_instant, expires_at
from tests.newsletter.readers import DAY, MORNING

pytestmark = pytest.mark.django_db
ONE_DAY = dt.timedelta(days=1)
State = Edition.State
OPEN, FINISHED = {"planned", "building", "ready", "sending"}, {"done", "done_with_errors"}


@pytest.fixture
def edition() -> Edition:
    return Edition.objects.of_day(DAY)


MOVES = {
    "mark_ready": ({"building"}, {}),
    "mark_sending": ({"ready", "building"}, {}),
    "mark_done": (OPEN, {"has_errors": False}),
    "reopen": (FINISHED, {}),
    "mark_expired": (OPEN, {}),
    "mark_cancelled": (OPEN, {}),
    "pause": (OPEN, {"reason": "why"}),
    "brake": (OPEN, {"reason": "why"}),
}


@pytest.mark.parametrize("move", MOVES)
def test_a_move_leaves_only_the_states_it_may_leave(edition, move):
    origins, more = MOVES[move]
    for state in State:
        Edition.objects.update(state=state, is_paused=False, has_braked=False)
        assert getattr(edition, move)(**more) == (state in origins), state
        edition.refresh_from_db()
        assert (edition.state, edition.is_paused) == (state, False) or state in origins


def test_who_comes_after_the_end_opens_the_edition_again_and_its_accounts_are_counted_anew(edition):
    edition.mark_building(candidates=2, excluded=1)
    Digest.objects.create(edition=edition, state="sent", not_before=MORNING)
    assert edition.mark_done(has_errors=False)
    assert (edition.closing_accounts, edition.accounts()) == ({"sent": 1}, {"sent": 1})
    edition.mark_building(candidates=1, excluded=0)
    edition.refresh_from_db()
    assert (edition.state, edition.candidate_count, edition.excluded_count) == ("building", 3, 1)
    assert edition.closing_accounts == {}
    assert not edition.mark_ready()  # a reader is without a row
    Digest.objects.create(edition=edition, not_before=MORNING)
    assert edition.mark_ready()
    assert edition.accounts() == edition.glance() == {"sent": 1, "pending": 1}


def test_a_closed_edition_is_not_counted_again(edition, django_assert_num_queries):
    edition.mark_building(candidates=1, excluded=0)
    Digest.objects.create(edition=edition, state="failed", reason="refused", not_before=MORNING)
    edition.mark_done(has_errors=True)
    assert edition.state == "done_with_errors"
    with django_assert_num_queries(0):
        assert edition.accounts() == edition.glance() == {"failed": 1}


def test_older_days_leave_first_and_stopped_ones_not_at_all(edition):
    before, stopped = Edition.objects.of_day(DAY - ONE_DAY), Edition.objects.of_day(DAY - 2 * ONE_DAY)
    stopped.pause("a word is wrong")
    assert list(Edition.objects.on_its_way()) == [before, edition]


def test_the_day_ends_when_its_last_reader_could_have_no_digest_any_more(edition):
    west = "Etc/GMT+12"
    last = expires_at(Due(due_instant(west, 23, DAY), DAY), west)
    assert dt.timedelta(0) <= edition.expires_at - last <= dt.timedelta(hours=1)


def test_a_brake_stops_an_edition_once_and_a_hand_as_often_as_it_likes(edition):
    edition.pause("for a look")
    assert not edition.brake("half of it bounced")  # it stands already
    edition.resume()
    assert edition.brake("half of it bounced")
    assert not edition.brake("again")
    assert not edition.pause("again")
    assert edition.resume()
    assert not edition.resume()
    edition.refresh_from_db()
    assert (edition.is_paused, edition.has_braked, edition.paused_reason) == (False, True, "")
    assert not edition.brake("again")
    assert edition.pause("for a look")


def test_only_the_first_look_is_kept(edition):
    assert edition.mark_checked(["a dead link"], now=MORNING)
    other = Edition.objects.get()
    assert not other.mark_checked([], now=MORNING + ONE_DAY)
    assert (other.findings, other.checked_at) == (["a dead link"], MORNING)
