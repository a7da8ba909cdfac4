"""Which column means what: our own export, the exports of other systems, and any other table."""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass

from .table import BadTable


class Standing(enum.Enum):
    """How a person stood with the list that the file came from."""

    READER = "reader"
    UNCONFIRMED = "unconfirmed"
    LEFT = "left"
    UNREACHABLE = "unreachable"
    COMPLAINED = "complained"
    BLOCKED = "blocked"


# What we can take from a row, and under which names it usually stands.
FIELDS: Mapping[str, tuple[str, ...]] = {
    "email": ("email", "email address", "e mail", "e mail address", "address", "mail", "adresse", "e mail adresse"),
    "standing": ("state", "status", "type", "subscriber type", "subscription status"),
    "topics": ("topics", "tags", "labels", "interests", "themen"),
    "keywords": ("keywords", "words"),
    "authors": ("authors",),
    "cadence": ("cadence", "frequency"),
    "days": ("days",),
    "hour": ("hour",),
    "timezone": ("timezone", "time zone", "tz"),
    "size": ("size",),
    "min_papers": ("min papers",),
    "wants_quiet_letter": ("wants quiet letter",),
    "wants_updates": ("wants updates",),
    "announcements_since": ("announcements since",),
    "quiet_holidays": ("quiet holidays",),
    "language": ("language", "locale"),
    "confirmed_at": ("confirmed at", "confirm time", "optin time", "creation date", "created at", "subscribed at"),
    "attributes": ("attributes",),
}

# The words of listmonk, Mailchimp, Buttondown, Substack, Ghost and ours. Any other word is asked about, not guessed.
STANDINGS: Mapping[str, Standing] = {
    **dict.fromkeys(
        ["active", "paused", "enabled", "subscribed", "confirmed", "regular", "premium", "gifted", "trialed"],
        Standing.READER,
    ),
    **dict.fromkeys(["churning", "churned", "past_due", "free", "paid", "comped"], Standing.READER),
    **dict.fromkeys(["pending", "unconfirmed", "unactivated", "upcoming", "nonsubscribed"], Standing.UNCONFIRMED),
    **dict.fromkeys(["unsubscribed", "disabled", "removed", "left"], Standing.LEFT),
    **dict.fromkeys(["unreachable", "cleaned", "bounced", "undeliverable"], Standing.UNREACHABLE),
    "complained": Standing.COMPLAINED,
    **dict.fromkeys(["blocklisted", "blocked", "spammy"], Standing.BLOCKED),
}

# A cell that says it without a column for the standing: any text in the first three, "true" in the last.
MARKS: Mapping[str, Standing] = {
    "unsub time": Standing.LEFT,
    "left at": Standing.LEFT,
    "clean time": Standing.UNREACHABLE,
    "email disabled": Standing.LEFT,
    "deleted at": Standing.LEFT,
}

# A cell that must say yes: Ghost's members stay members when they want no mail any more.
WANTED = frozenset({"subscribed to emails"})

# Mailchimp tells the groups apart by the names of its files only.
FILE_NAMES: Mapping[str, Standing] = {
    "unsubscribed": Standing.LEFT,
    "cleaned": Standing.UNREACHABLE,
    "nonsubscribed": Standing.UNCONFIRMED,
    "non_subscribed": Standing.UNCONFIRMED,
}

_SYSTEMS: Mapping[str, frozenset[str]] = {
    "Paper Round": frozenset({"email", "state", "cadence", "min papers"}),
    "listmonk": frozenset({"uuid", "email", "attributes", "status"}),
    "Mailchimp": frozenset({"email address", "leid", "euid"}),
    "Buttondown": frozenset({"email address", "type", "creation date"}),
    "Substack": frozenset({"email", "active subscription"}),
    "Ghost": frozenset({"email", "subscribed to emails"}),
}


@dataclass(frozen=True, slots=True)
class Layout:
    """How one table is read: the system it comes from, field → column, mark column → standing, columns that must say
    yes, and the file's own standing."""

    system: str
    fields: Mapping[str, str]
    marks: Mapping[str, Standing]
    wanted: tuple[str, ...]
    standing: Standing


def layout_of(name: str, columns: tuple[str, ...], mapping: Mapping[str, str] | None = None) -> Layout:
    """Return how to read the table; `mapping` (field → column) goes before what the names say."""
    names = {_plain(column): column for column in reversed(columns)}
    fields = {field: names[alias] for field, aliases in FIELDS.items() for alias in reversed(aliases) if alias in names}
    fields |= _checked(mapping or {}, columns)
    if "email" not in fields:
        raise BadTable(
            f"No column of {name} looks like an address. Say which one it is: email=COLUMN. "
            f"The columns are: {', '.join(columns[:30])}."
        )
    system = next((system for system, signs in _SYSTEMS.items() if signs <= names.keys()), "a table")
    standing = next((each for start, each in FILE_NAMES.items() if name.lower().startswith(start)), Standing.READER)
    marks = {names[mark]: each for mark, each in MARKS.items() if mark in names}
    wanted = tuple(names[name] for name in WANTED if name in names)
    return Layout(system, {field: column for field, column in fields.items() if column}, marks, wanted, standing)


def _checked(mapping: Mapping[str, str], columns: tuple[str, ...]) -> Mapping[str, str]:
    for field, column in mapping.items():
        if field not in FIELDS:
            raise BadTable(f"“{field}” is nothing we can keep. We can keep: {', '.join(FIELDS)}.")
        if column and column not in columns:
            raise BadTable(f"There is no column “{column}”. The columns are: {', '.join(columns[:30])}.")
    return mapping


def _plain(column: str) -> str:
    return re.sub(r"[\s_\-]+", " ", column).strip().casefold()
