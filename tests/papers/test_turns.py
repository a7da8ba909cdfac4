"""A host is asked by one of us at a time where it wants that, and by none of us while it wants to be left alone."""

import datetime as dt

import pytest
from django.utils import timezone

from papers import turns
from papers.models import HostTurn
from papers.sources import SourceError
from papers.sources.web import Refused

pytestmark = pytest.mark.django_db
AN_HOUR, A_DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


def rest_of(host):
    return HostTurn.objects.get(host=host).free_at - timezone.now()


def test_arxiv_is_asked_by_one_at_a_time_and_then_left_in_peace():
    impatient = turns.turn("arxiv.org", patience=dt.timedelta(0))
    with turns.turn("export.arxiv.org"), pytest.raises(SourceError, match="asked by others"), impatient:
        pass
    assert dt.timedelta(seconds=2.5) < rest_of("arxiv.org") <= dt.timedelta(seconds=3)


@pytest.mark.parametrize("host", ["arxiv.org.evil.example", "notarxiv.org", "huggingface.co"])
def test_other_hosts_need_no_turn(host):
    with turns.turn(host):
        assert not HostTurn.objects.exists()


def test_a_turn_is_taken_for_as_long_as_a_worker_may_need_that_dies_with_it():
    with turns.turn("arxiv.org"):
        assert dt.timedelta(seconds=85) < rest_of("arxiv.org") <= turns.LEASE


@pytest.mark.parametrize("host", ["arxiv.org", "huggingface.co"])
def test_a_host_that_wants_to_be_left_alone_is_not_asked(host):
    turns.hold(host, pause=AN_HOUR)
    with pytest.raises(Refused, match="wait 59 minutes more") as refused, turns.turn(host):
        pass
    assert 3590 < refused.value.pause <= 3600


def test_the_longer_of_two_pauses_counts_whichever_was_asked_for_first():
    for pause in (AN_HOUR, A_DAY, AN_HOUR):
        turns.hold("huggingface.co", pause=pause)
    assert rest_of("huggingface.co") > dt.timedelta(hours=23)


def test_a_pause_that_is_asked_for_in_our_turn_outlives_it():
    with turns.turn("arxiv.org"):
        turns.hold("export.arxiv.org", pause=AN_HOUR)
    assert rest_of("arxiv.org") > dt.timedelta(minutes=59)
