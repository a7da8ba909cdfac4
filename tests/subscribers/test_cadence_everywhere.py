"""The promise of the cadence: in every zone, over three years of hours, one digest a due local day and never two."""

import datetime as dt
import zoneinfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from subscribers.cadence import Wishes, next_due

FIRST, LAST = dt.date(2025, 1, 1), dt.date(2027, 12, 31)
HOUR = dt.timedelta(hours=1)
ZONES = sorted(zoneinfo.available_timezones() - {"localtime", "Factory"})
# Jumps at midnight, at two, by half an hour, by two hours, past the end of a day; offsets of halves and quarters.
SAMPLE = [
    "Africa/Cairo",
    "America/Scoresbysund",
    "America/St_Johns",
    "Antarctica/Troll",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Pacific/Chatham",
]


def local_days(zone):
    """Return the local days of the three years, seen hour by hour: what the digests are compared with."""
    at = dt.datetime.combine(FIRST, dt.time(), dt.UTC) - 24 * HOUR
    end = dt.datetime.combine(LAST, dt.time(), dt.UTC) + 48 * HOUR
    seen = set()
    while at < end:
        seen.add(at.astimezone(zone).date())
        at += HOUR
    return sorted(day for day in seen if FIRST <= day <= LAST)


def digests(wishes):
    """Return the digests as building asks for them, each after the one before."""
    after = dt.datetime.combine(FIRST, dt.time(), dt.UTC) - 24 * HOUR
    found = []
    while (due := next_due(after, wishes)).day <= LAST:
        if due.day >= FIRST:
            found.append(due)
        after = due.at
    return found


def check(name, hours):
    zone = zoneinfo.ZoneInfo(name)
    days = local_days(zone)
    for hour in hours:
        found = digests(Wishes(timezone=name, hour=hour))
        assert [due.day for due in found] == days, (name, hour)
        for due in found:
            wall = due.at.astimezone(zone)
            if (wall.date(), wall.hour, wall.minute) != (due.day, hour, 0):
                asked = dt.datetime.combine(due.day, dt.time(hour))
                before = (due.at - dt.timedelta(seconds=1)).astimezone(zone).replace(tzinfo=None)
                assert before < asked < wall.replace(tzinfo=None), (name, due)  # left out by the clock, by nothing else
            else:
                assert wall.fold == 0, (name, due)  # the first of two


@pytest.mark.parametrize("name", SAMPLE)
def test_one_digest_a_local_day_where_the_clock_jumps_oddly(name):
    check(name, hours=(0, 2, 7, 23))


@pytest.mark.slow
@pytest.mark.parametrize("name", ZONES)
def test_one_digest_a_local_day_in_every_zone_at_every_hour(name):
    check(name, hours=range(24))


@settings(max_examples=300, deadline=None)
@given(
    zone=st.sampled_from(ZONES),
    hour=st.integers(0, 23),
    cadence=st.sampled_from(["daily", "weekdays", "days", "weekly"]),
    days=st.sets(st.integers(0, 6)),
    after=st.datetimes(dt.datetime(1990, 1, 1), dt.datetime(2060, 1, 1), timezones=st.just(dt.UTC)),
    minutes=st.integers(1, 60 * 24 * 20),
)
def test_asking_twice_never_skips_a_digest_nor_brings_one_back(zone, hour, cadence, days, after, minutes):
    wishes = Wishes(cadence=cadence, days=tuple(days), timezone=zone, hour=hour)
    first = next_due(after, wishes)
    assert first.at > after
    # Whoever asks at any time before it is due gets the same; from then on, a later one for a later day.
    between = after + dt.timedelta(minutes=minutes)
    second = next_due(between, wishes)
    assert (second == first) if between < first.at else (second.day > first.day and second.at > between)


@settings(max_examples=100, deadline=None)
@given(
    zones=st.lists(st.sampled_from(ZONES), min_size=2, max_size=6),
    hour=st.integers(0, 23),
    start=st.datetimes(dt.datetime(2020, 1, 1), dt.datetime(2030, 1, 1), timezones=st.just(dt.UTC)),
)
def test_a_reader_who_moves_from_zone_to_zone_gets_each_day_once(zones, hour, start):
    after, last_day = start, None
    days = []
    for zone in zones * 3:
        due = next_due(after, Wishes(timezone=zone, hour=hour, last_day=last_day))
        after, last_day = due.at, due.day
        days.append(due.day)
    assert days == sorted(set(days))
