"""From one row of text to a reader who could be, or the reason why not."""

from __future__ import annotations

import datetime as dt
import json
import re
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.conf import settings
from email_validator import EmailNotValidError, validate_email

from mail.encoding import one_line
from mail.letter import BadAddress, usual_address
from subscribers import cadence
from subscribers.models import Subscriber, TopicPreference

from .columns import STANDINGS, Layout, Standing

# Most addresses look like this; the full check takes 50 times as long.
_USUAL_LOCAL = re.compile(r"[A-Za-z0-9_+-]+(\.[A-Za-z0-9_+-]+)*", re.ASCII)
_LONGEST_ADDRESS = 254
_NO = frozenset({"", "false", "0", "no"})
_DAYS = frozenset("0123456")
_WEIGHTS = {"never": -2, "less": -1, "follow": 1, "more": 2}
_LANGUAGES = frozenset(code for code, _name in settings.LANGUAGES)
_FIRST_YEAR, _LAST_YEAR = 1970, 9000
# "2024-01-02 03:04:05.678901 +0000 UTC", as Go prints a time and listmonk exports it.
_GO_ZONE = re.compile(r" ([+-]\d{4})( \S+)?$")
_GUARDED = re.compile(r"'(?=[=+\-@\t\r'])")


class Refused(Exception):
    """The row is not taken; the message says why and names no address."""


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a reader gets for whom the file does not say."""

    timezone: str = "UTC"
    hour: int = 7
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Entry:
    """One person of the file: the address, how they stood, topic name → weight, and the columns of a Subscriber."""

    email: str
    standing: Standing
    topics: Mapping[str, int] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)


def read_row(row: Mapping[str, str], layout: Layout, defaults: Defaults) -> Entry:
    """Return who stands in the row; raise Refused."""
    cells = {name: _unguarded(row.get(column, "")) for name, column in layout.fields.items()}
    cells = _with_attributes(cells)
    email = _address(cells["email"])
    standing = _standing(row, cells, layout)
    if standing is not Standing.READER:
        return Entry(email, standing)
    return Entry(email, standing, _topics(cells.get("topics", "")), _values(cells, defaults))


def _unguarded(cell: str) -> str:
    return _GUARDED.sub("", cell, count=1) if cell.startswith("'") else cell


def _with_attributes(cells: dict[str, str]) -> dict[str, str]:
    """Add what stands in listmonk's JSON column; a column of its own goes before."""
    if not cells.get("attributes"):
        return cells
    try:
        found = json.loads(cells["attributes"])
    except (ValueError, RecursionError):
        return cells
    if not isinstance(found, dict):
        return cells
    told = {
        # JSON can say what no database holds: NUL, and halves of characters.
        name: one_line(";".join(map(str, value)) if isinstance(value, list) else str(value))
        for name, value in found.items()
        if name not in {"email", "standing"}
    }
    return {**told, **{name: cell for name, cell in cells.items() if cell or name == "email"}}


def _address(text: str) -> str:
    if not text:
        raise Refused("no address")
    if len(text) > _LONGEST_ADDRESS:
        raise Refused("the address is too long")
    local, _at, domain = text.rpartition("@")
    try:
        if len(local) <= 64 and _USUAL_LOCAL.fullmatch(local):
            return f"{local}@{_domain(domain)}"
        email = usual_address(validate_email(text, check_deliverability=False).normalized)
    except (EmailNotValidError, BadAddress) as error:
        raise Refused("this is no address that a letter can go to") from error
    return email


@lru_cache(maxsize=100_000)
def _domain(domain: str) -> str:
    return usual_address(validate_email(f"a@{domain}", check_deliverability=False).normalized).removeprefix("a@")


def _standing(row: Mapping[str, str], cells: Mapping[str, str], layout: Layout) -> Standing:
    if layout.standing is not Standing.READER:
        return layout.standing
    for column, standing in layout.marks.items():
        if row.get(column, "").casefold() not in _NO:
            return standing
    if any(row.get(column, "").casefold() in _NO for column in layout.wanted):
        return Standing.LEFT
    word = cells.get("standing", "").casefold()
    if word and word not in STANDINGS:
        raise Refused(f"“{word[:30]}” does not say whether they want mail; standing= leaves that column out")
    return STANDINGS[word] if word else Standing.READER


def _topics(text: str) -> Mapping[str, int]:
    weights = {}
    for term in _terms(text):
        name, _colon, weight = term.rpartition(":")
        if weight in _WEIGHTS and name:
            weights[name.strip().casefold()] = _WEIGHTS[weight]
        else:
            weights[term.casefold()] = TopicPreference.Weight.FOLLOW.value
    return weights


def _terms(text: str) -> list[str]:
    """Return the parts of a cell: a;b or a|b or a, b or a list as JSON and Python write it."""
    if not text:
        return []
    separator = next((each for each in ";\n|" if each in text), ",")
    parts = re.sub(r"^\[(.*)\]$", r"\1", text.strip()).split(separator)
    bare = (_unguarded(re.sub(r"""^(["'])(.*)\1$""", r"\2", part.strip())) for part in parts)
    return [term for term in bare if term][:50]


def _values(cells: Mapping[str, str], defaults: Defaults) -> dict[str, Any]:
    """Return the Subscriber's columns. What cannot be understood falls back: a wish is no reason to lose a reader."""
    rhythm = cells.get("cadence", "").casefold()
    size = _number(cells.get("size", ""), 1, 50, 10)
    return {
        "cadence": rhythm if rhythm in Subscriber.Cadence.values else Subscriber.Cadence.DAILY,
        "days": [int(day) for day in _terms(cells.get("days", "").replace(" ", ";")) if day in _DAYS],
        "timezone": _zone(cells.get("timezone", ""), defaults.timezone),
        "hour": _number(cells.get("hour", "").partition(":")[0], 0, 23, defaults.hour),
        "size": size,
        "min_papers": min(size, _number(cells.get("min_papers", ""), 1, 50, 1)),
        "wants_quiet_letter": cells.get("wants_quiet_letter", "").casefold() == "true",
        "wants_updates": cells.get("wants_updates", "").casefold() != "false",
        "quiet_holidays": _country(cells.get("quiet_holidays", "")),
        "language": _language(cells.get("language", ""), defaults.language),
        "keywords": [term[:80] for term in _terms(cells.get("keywords", ""))],
        "authors": [term[:80] for term in _terms(cells.get("authors", ""))],
        "confirmed_at": _time(cells.get("confirmed_at", "")),
        "announcements_since": _time(cells.get("announcements_since", "")),
    }


def _number(text: str, least: int, most: int, otherwise: int) -> int:
    # As many digits as anybody writes: a cell of thousands of them is no number that Python or a database takes.
    is_number = text.isascii() and text.isdigit() and len(text) < 9
    return int(text) if is_number and least <= int(text) <= most else otherwise


@lru_cache(maxsize=4096)
def _zone(text: str, otherwise: str) -> str:
    return text if text in zoneinfo.available_timezones() else otherwise


@lru_cache(maxsize=1024)
def _country(text: str) -> str:
    return text.upper() if text.upper() in cadence.countries() else ""


@lru_cache(maxsize=1024)
def _language(text: str, otherwise: str) -> str:
    code = re.split(r"[-_]", text.casefold())[0]
    return code if code in _LANGUAGES else otherwise


def _time(text: str) -> dt.datetime | None:
    if not text:
        return None
    try:
        found = dt.datetime.fromisoformat(_GO_ZONE.sub(r"\1", text))
    except ValueError:
        return None
    if not _FIRST_YEAR <= found.year <= _LAST_YEAR:  # at the ends of the calendar some zones have no such moment
        return None
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)
