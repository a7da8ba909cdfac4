"""The word of welcome stands in the first digest that reaches a reader, and in no other."""

import datetime as dt

import pytest

from newsletter.building import build_due
from newsletter.models import Digest
from subscribers.models import Subscriber
from tests.newsletter.readers import MORNING, make_reader
from tests.papers.shelf import make_paper

pytestmark = pytest.mark.django_db
ONE_DAY = dt.timedelta(days=1)


def chosen(now: dt.datetime) -> Digest:
    """Return the digest that is chosen then for the only reader."""
    Subscriber.objects.update(next_digest_at=now, next_digest_day=now.date())
    make_paper(now.day, featured_on=now.date())
    build_due(now=now)
    return Digest.objects.latest("pk")


def test_the_first_digest_of_a_reader_says_so_and_how_many_topics_they_follow():
    make_reader(1, topics=("vision", "audio"))
    first = chosen(MORNING)
    assert (first.is_first, first.topics) == (True, 2)


@pytest.mark.parametrize("state", ["sent", "unknown"])
def test_after_a_digest_that_was_sent_or_may_have_been_none_is_the_first(state):
    make_reader(1)
    chosen(MORNING)
    Digest.objects.update(state=state, reason="no answer")
    assert not chosen(MORNING + ONE_DAY).is_first


def test_after_a_quiet_day_the_first_digest_is_still_to_come():
    make_reader(1)
    chosen(MORNING)
    Digest.objects.update(state=Digest.State.SKIPPED, reason="quiet day")
    assert chosen(MORNING + ONE_DAY).is_first


def test_who_confirmed_long_ago_is_welcomed_no_more():
    make_reader(1)
    Subscriber.objects.update(confirmed_at=MORNING - 90 * ONE_DAY)
    chosen(MORNING)
    Digest.objects.update(state=Digest.State.SKIPPED, reason="quiet day")
    assert not chosen(MORNING + ONE_DAY).is_first
