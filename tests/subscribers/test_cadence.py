import datetime as dt

import pytest

from subscribers.cadence import Due, Wishes, countries, expires_at, next_due


def utc(year, month, day, hour=0, minute=0, second=0):
    return dt.datetime(year, month, day, hour, minute, second, tzinfo=dt.UTC)


def days_of(wishes, *, after, until):
    """Return every digest in between, as building would ask for them one after the other."""
    found = []
    while (due := next_due(after, wishes)).at < until:
        found.append(due)
        after = due.at
    return found


def test_the_next_digest_is_today_before_the_hour_and_tomorrow_from_the_hour_on():
    wishes = Wishes(timezone="Europe/Berlin", hour=7)
    assert next_due(utc(2026, 1, 5, 5, 59), wishes) == Due(utc(2026, 1, 5, 6), dt.date(2026, 1, 5))
    assert next_due(utc(2026, 1, 5, 6), wishes) == Due(utc(2026, 1, 6, 6), dt.date(2026, 1, 6))


def test_an_hour_that_spring_leaves_out_means_the_first_instant_after_the_gap():
    wishes = Wishes(timezone="Europe/Berlin", hour=2)  # 29 March 2026: 02:00 becomes 03:00
    assert next_due(utc(2026, 3, 28, 12), wishes) == Due(utc(2026, 3, 29, 1), dt.date(2026, 3, 29))


def test_a_midnight_that_spring_leaves_out_is_one_oclock_of_the_same_day():
    wishes = Wishes(timezone="Africa/Cairo", hour=0)  # 24 April 2026: 00:00 becomes 01:00
    assert next_due(utc(2026, 4, 23, 12), wishes) == Due(utc(2026, 4, 23, 22), dt.date(2026, 4, 24))


def test_a_last_hour_that_spring_leaves_out_comes_at_midnight_and_still_is_for_its_day():
    wishes = Wishes(timezone="America/Scoresbysund", hour=23)  # 28 March 2026: 23:00 becomes midnight
    due = next_due(utc(2026, 3, 28, 12), wishes)
    assert due == Due(utc(2026, 3, 29, 1), dt.date(2026, 3, 28))
    assert next_due(due.at, wishes).day == dt.date(2026, 3, 29)


def test_an_hour_that_autumn_brings_twice_means_its_first_pass_and_only_that():
    wishes = Wishes(timezone="Europe/Berlin", hour=2)  # 25 October 2026: 03:00 becomes 02:00
    assert next_due(utc(2026, 10, 24, 12), wishes) == Due(utc(2026, 10, 25, 0), dt.date(2026, 10, 25))
    assert next_due(utc(2026, 10, 25, 0), wishes).day == dt.date(2026, 10, 26)


def test_zones_of_half_and_quarter_hours():
    assert next_due(utc(2026, 5, 1), Wishes(timezone="Asia/Kolkata", hour=7)).at == utc(2026, 5, 1, 1, 30)
    assert next_due(utc(2026, 5, 1), Wishes(timezone="Asia/Kathmandu", hour=7)).at == utc(2026, 5, 1, 1, 15)
    # Lord Howe's gap is half an hour: 02:00 becomes 02:30.
    assert next_due(utc(2026, 10, 3), Wishes(timezone="Australia/Lord_Howe", hour=2)).at == utc(2026, 10, 3, 15, 30)


def test_the_day_that_samoa_left_out_has_no_digest():
    days = [due.day for due in days_of(Wishes(timezone="Pacific/Apia"), after=utc(2011, 12, 28), until=utc(2012, 1, 2))]
    assert dt.date(2011, 12, 30) not in days
    assert days[:3] == [dt.date(2011, 12, 28), dt.date(2011, 12, 29), dt.date(2011, 12, 31)]


def test_a_leap_day_is_a_day():
    days = [due.day for due in days_of(Wishes(), after=utc(2028, 2, 28), until=utc(2028, 3, 1, 12))]
    assert days == [dt.date(2028, 2, 28), dt.date(2028, 2, 29), dt.date(2028, 3, 1)]


@pytest.mark.parametrize(
    ("cadence", "days", "weekdays"),
    [
        ("daily", (), {0, 1, 2, 3, 4, 5, 6}),
        ("daily", (3,), {0, 1, 2, 3, 4, 5, 6}),
        ("weekdays", (), {0, 1, 2, 3, 4}),
        ("days", (1, 5), {1, 5}),
        ("days", (), {0, 1, 2, 3, 4, 5, 6}),
        ("weekly", (4,), {4}),
        ("weekly", (), {0}),
        ("weekly", (4, 2), {2}),
        ("days", (9,), {0, 1, 2, 3, 4, 5, 6}),  # no such day
    ],
)
def test_each_cadence_has_its_weekdays(cadence, days, weekdays):
    found = days_of(Wishes(cadence=cadence, days=days), after=utc(2026, 1, 1), until=utc(2026, 3, 1))
    assert {due.day.weekday() for due in found} == weekdays


def test_a_pause_ends_on_its_day():
    wishes = Wishes(paused_until=dt.date(2026, 6, 1))
    assert next_due(utc(2026, 5, 1), wishes).day == dt.date(2026, 6, 1)
    assert next_due(utc(2026, 6, 1, 12), wishes).day == dt.date(2026, 6, 2)


def test_a_reader_who_flies_across_the_date_line_gets_no_second_digest_for_the_day():
    sent = next_due(utc(2026, 5, 1), Wishes(timezone="Pacific/Auckland"))
    wishes = Wishes(timezone="America/Los_Angeles", last_day=sent.day)
    assert next_due(sent.at, wishes).day == sent.day + dt.timedelta(days=1)


def test_a_zone_that_nobody_knows_is_utc():
    assert next_due(utc(2026, 5, 1), Wishes(timezone="Moon/Base")) == Due(utc(2026, 5, 1, 7), dt.date(2026, 5, 1))


@pytest.mark.parametrize("name", ["", "Europe", "../etc/passwd", "\0"])
def test_what_is_no_zone_at_all_stops_nobodys_mail(name):
    assert next_due(utc(2026, 5, 1), Wishes(timezone=name)).at == utc(2026, 5, 1, 7)


def test_a_later_hour_of_a_day_that_had_its_digest_brings_no_second_one():
    assert next_due(utc(2026, 5, 1, 8), Wishes(hour=12, last_day=dt.date(2026, 5, 1))).day == dt.date(2026, 5, 2)


def test_a_digest_before_a_day_that_never_happens_is_too_late_a_day_later():
    due = Due(utc(2011, 12, 29, 17), dt.date(2011, 12, 29))  # in Samoa the 30th was left out
    assert expires_at(due, "Pacific/Apia") == utc(2011, 12, 30, 17)


def test_a_digest_is_too_late_when_its_local_day_is_over():
    due = next_due(utc(2026, 5, 1), Wishes(timezone="Europe/Berlin", hour=7))
    assert expires_at(due, "Europe/Berlin") == utc(2026, 5, 1, 22)


def test_a_late_hour_has_six_hours_of_grace():
    due = next_due(utc(2026, 5, 1), Wishes(hour=23))
    assert expires_at(due, "UTC") == utc(2026, 5, 2, 5)


def test_quiet_holidays_leave_out_the_public_holidays_of_a_country():
    found = days_of(Wishes(quiet_holidays="DE"), after=utc(2026, 12, 23), until=utc(2026, 12, 29))
    assert [due.day.day for due in found] == [23, 24, 27, 28]


def test_the_holidays_of_next_year_are_known_on_its_eve():
    assert next_due(utc(2026, 12, 31, 12), Wishes(quiet_holidays="DE")).day == dt.date(2027, 1, 2)


def test_a_country_that_nobody_knows_has_no_holidays():
    assert next_due(utc(2026, 12, 25), Wishes(quiet_holidays="ZZ")).day == dt.date(2026, 12, 25)


@pytest.mark.parametrize("country", ["DE", "US", "JP", "IN", "BR", "SE", "SA", "CN"])
def test_a_weekly_reader_with_quiet_holidays_never_waits_longer_than_a_month(country):
    for weekday in range(7):
        wishes = Wishes(cadence="weekly", days=(weekday,), quiet_holidays=country)
        days = [due.day for due in days_of(wishes, after=utc(2026, 1, 1), until=utc(2028, 1, 1))]
        assert max(later - earlier for earlier, later in zip(days, days[1:], strict=False)) <= dt.timedelta(days=28)


def test_countries_have_readable_names():
    assert countries()["BA"] == "Bosnia and Herzegovina"
    assert "DE" in countries()
