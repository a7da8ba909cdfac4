"""Fresh, quiet and stale are told apart by ids."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from papers.freshness import Memory, is_quiet, judge

TUESDAY = dt.datetime(2026, 3, 31, 9, tzinfo=dt.UTC)


def after(**time):
    return TUESDAY + dt.timedelta(**time)


@pytest.fixture
def tuesday():
    return judge(Memory(), {"a", "b"}, now=TUESDAY)[1]


def test_new_ids_are_fresh(tuesday):
    assert judge(tuesday, {"b", "c"}, now=after(days=1))[0] == "fresh"


def test_the_same_batch_before_the_usual_hour_is_still_fresh(tuesday):
    assert judge(tuesday, {"a", "b"}, now=after(days=1))[0] == "fresh"


def test_the_same_batch_after_the_usual_hour_is_stale(tuesday):
    assert judge(tuesday, {"a", "b"}, now=after(days=1, hours=8))[0] == "stale"


def test_an_empty_answer_after_the_usual_hour_is_stale(tuesday):
    assert judge(tuesday, (), now=after(days=1, hours=8))[0] == "stale"


def test_votes_for_papers_of_the_day_before_are_no_news(tuesday):
    """Each day of Hugging Face is asked for by itself, and what did not change is not sent again."""
    wednesday = judge(tuesday, {"c"}, now=after(days=1))[1]
    assert judge(wednesday, {"a", "b"}, now=after(days=2, hours=8))[0] == "stale"


def test_a_day_that_was_missed_makes_the_next_morning_stale(tuesday):
    assert judge(tuesday, {"a"}, now=after(days=2, hours=-5))[0] == "stale"


def test_a_weekend_is_quiet_and_the_monday_morning_after_it_too_early_to_tell():
    friday = judge(Memory(), {"a"}, now=after(days=3))[1]
    assert judge(friday, {"a"}, now=after(days=4, hours=9))[0] == "quiet"
    assert judge(friday, {"a"}, now=after(days=6))[0] == "fresh"
    assert judge(friday, {"a"}, now=after(days=6, hours=9))[0] == "stale"


def test_thanksgiving_is_quiet():
    assert is_quiet(dt.date(2026, 11, 26))
    assert not is_quiet(dt.date(2026, 11, 24))


def test_the_usual_hour_is_learned(tuesday):
    memory = tuesday
    for day in range(1, 4):
        memory = judge(memory, {str(day)}, now=after(days=day, hours=-6))[1]
    assert memory.usual_hour == 3
    assert Memory.read(memory.written()) == memory


@given(st.lists(st.tuples(st.sets(st.sampled_from("abc")), st.integers(0, 400)), max_size=12))
def test_any_history_is_judged(history):
    memory, now = Memory(), TUESDAY
    for ids, hours in history:
        now += dt.timedelta(hours=hours)
        freshness, memory = judge(memory, ids, now=now)
        assert freshness in {"fresh", "quiet", "stale"}
        assert Memory.read(memory.written()) == memory
