"""What stops an edition by itself, at the very numbers."""

from collections import Counter

import pytest

from mail.transport import Kind, Outcome
from newsletter.models import Digest, Edition
from newsletter.sending.brakes import Streak, judge_canary, judge_returns, pull_after_streak
from tests.newsletter.readers import DAY, MORNING

REFUSED, ACCEPTED = Outcome("1", Kind.REFUSED, "rcpt", 550), Outcome("1", Kind.ACCEPTED, "dot", 250)
PUT_OFF, UNMADE = Outcome("1", Kind.DEFERRED, "rcpt", 450), Outcome("1", Kind.REFUSED, "build")


@pytest.fixture
def edition(db) -> Edition:
    return Edition.objects.of_day(DAY)


def is_paused() -> bool:
    return Edition.objects.get().is_paused


def when(outcomes, hosts):
    """Return after how many of these outcomes, of hosts in turn, it is time to stop; None for never."""
    streak = Streak()
    told = (streak.is_too_long(outcome, f"a@host{n % hosts}.example") for n, outcome in enumerate(outcomes))
    return next((n for n, is_over in enumerate(told, 1) if is_over), None)


@pytest.mark.parametrize(
    ("outcomes", "hosts", "end"),
    [
        ([REFUSED] * 40, 3, 20),
        ([REFUSED] * 40, 2, None),  # two hosts that do not like us, or do not know their readers
        ([REFUSED] * 19 + [ACCEPTED] + [REFUSED] * 19, 3, None),
        ([REFUSED] * 19 + [PUT_OFF, UNMADE] + [REFUSED], 3, 22),
        ([PUT_OFF, UNMADE] * 20, 3, None),
    ],
    ids=str,
)
def test_twenty_refusals_in_a_row_over_three_hosts_are_about_us(outcomes, hosts, end):
    assert when(outcomes, hosts) == end


def test_a_streak_stops_an_edition_again_that_an_editor_resumed(edition):
    for _ in range(2):
        pull_after_streak(edition, REFUSED)
        assert is_paused()
        edition.resume()


@pytest.mark.parametrize(("failed", "sent", "end"), [(10, 40, False), (11, 39, True), (9, 0, False), (10, 0, True)])
def test_more_than_a_fifth_of_the_first_letters_refused_stops_the_edition(edition, failed, sent, end):
    judge_canary(edition, Counter(failed=failed, sent=sent))
    assert is_paused() == end


def _bring(edition, rows):
    """Have as many letters sent, with what came back for them, and tell the edition, as planning does."""
    Digest.objects.bulk_create(Digest(edition=edition, state="sent", not_before=MORNING, **more) for more in rows)
    edition.candidate_count = len(rows)
    edition.save()


@pytest.mark.parametrize(
    ("what", "count", "sent", "end"),
    [
        ("bounced_at", 10, 100, False),
        ("bounced_at", 11, 100, True),
        ("bounced_at", 9, 20, False),  # too few to tell
        ("complained_at", 3, 1000, False),
        ("complained_at", 4, 1000, True),
        ("complained_at", 2, 20, False),
    ],
)
def test_a_tenth_bounced_or_three_in_a_thousand_complained_stop_the_edition_once(edition, what, count, sent, end):
    _bring(edition, [{what: MORNING}] * count + [{}] * (sent - count))
    judge_returns(edition)
    assert is_paused() == end
    edition.resume()
    judge_returns(Edition.objects.get())
    assert not is_paused()


def test_one_complaint_is_no_rate_whatever_bounced(edition):
    rows = [{"bounced_at": MORNING}] * 10 + [{"complained_at": MORNING}] + [{}] * 139
    _bring(edition, rows)
    judge_returns(edition)
    assert not is_paused()
