"""Days as sources write them."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_WEEKDAY = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6}\.?,? )?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?:,? (?P<year>[12]\d{3}))"
# "Jul 29", "Tuesday, July 29th, 2025"; "29 Jul", "Tue, 29 July 2025 10:00:00 GMT".
_IN_WORDS = tuple(
    re.compile(rf"{_WEEKDAY}{words}", re.I)
    for words in (rf"{_MONTH} {_DAY}(?!\d){_YEAR}?", rf"{_DAY}\.? {_MONTH}{_YEAR}?", rf"{_MONTH}{_YEAR}")
)
_ISO = re.compile(r"([12]\d{3})-(0[1-9]|1[0-2])-(\d\d)")
_YEAR_FIRST = re.compile(r"([12]\d{3})[-/.](\d{1,2})(?:[-/.](\d{1,2}))?(?!\d)")
_YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2([12]\d{3})(?!\d)")
_DIGITS = re.compile(r"\d{4,14}(?:\.\d{1,9})?")


def day_of(value: Any) -> dt.date | None:
    """Return the day that a source names: ISO 8601, in words, as digits or seconds since 1970; `None` for no day.

    The hour is not to be trusted in any of our sources. 3/4/2025 is one day here and another there, so it is none.

    >>> day_of("Tue, 29 Jul 2025 00:00:00 -0400")
    datetime.date(2025, 7, 29)
    """
    if isinstance(value, str):
        try:
            found = dt.date.fromisoformat(value[:10])
        except ValueError:
            return _written(" ".join(value[:80].split()))
        return date(found.year, found.month, found.day)
    return None if isinstance(value, bool) or not isinstance(value, (int, float)) else _seconds(value)


def lone_day(text: str) -> tuple[int, int, int | None] | None:
    """Return month, day and year, if it is named, of a text that is nothing but a day: Jul 29, 2025-07-29."""
    if len(text) > 40:
        return None
    if found := _ISO.fullmatch(text):
        return int(found[2]), int(found[3]), int(found[1])
    for pattern in _IN_WORDS[:2]:
        if found := pattern.fullmatch(text):
            return _month(found["month"]), int(found["day"]), int(found["year"]) if found["year"] else None
    return None


def date(year: int, month: int, day: int) -> dt.date | None:
    """Return the day, `None` when there is none such.

    0001-01-01 is what some programs write for "no time", 9999-12-31 others; our addresses know no such years either.
    """
    try:
        return dt.date(year, month, day) if 1000 <= year < 3000 else None
    except ValueError:
        return None


def _written(text: str) -> dt.date | None:
    if _DIGITS.fullmatch(text):
        return _digits(text)
    if found := _YEAR_FIRST.match(text):
        return date(int(found[1]), int(found[2]), int(found[3] or 1))
    if found := _YEAR_LAST.match(text):
        return _year_last(int(found[1]), int(found[3]), int(found[4]), sign=found[2])
    for pattern in _IN_WORDS:
        if (found := pattern.match(text)) and found["year"]:
            return date(int(found["year"]), _month(found["month"]), int(found.groupdict().get("day") or 1))
    return None


def _digits(text: str) -> dt.date | None:
    if len(text) == 4:
        return date(int(text), 1, 1) if "1000" <= text < "3000" else None
    if len(text) == 8:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    return _seconds(float(text))


def _year_last(first: int, second: int, year: int, *, sign: str) -> dt.date | None:
    if sign == "." or first > 12:
        return date(year, second, first)
    return date(year, first, second) if second > 12 or first == second else None


def _seconds(value: float) -> dt.date | None:
    """Return the day of a moment in seconds or milliseconds since 1970, when it is one of this web's days."""
    if not 5e8 <= value < 5e12:  # what is less is a count, not a day
        return None
    seconds = value / 1000 if value >= 5e11 else value
    if not 5e8 <= seconds < 5e9:  # 1985 to 2128
        return None
    return dt.datetime.fromtimestamp(seconds, dt.UTC).date()


def _month(name: str) -> int:
    return MONTHS.index(name[:3].lower()) + 1
