"""How much we take from one visitor, one network and all together, and how many letters one address gets.

All counts are rows of `Ask`, so that every process sees the same budget and nothing depends on Redis.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Count

from subscribers.models import Ask

_HOUR = dt.timedelta(hours=1)
_MINUTE = dt.timedelta(minutes=1)
_DAY = dt.timedelta(days=1)
WEEK = dt.timedelta(days=7)
# A letter takes a while to arrive; only then does "send it again" make sense.
REPEAT_AFTER = dt.timedelta(minutes=2)
_LETTERS_A_WEEK = 3
_LOOK_BACK = dt.timedelta(hours=6)
_TIME_TO_ANSWER = dt.timedelta(minutes=15)
_ENOUGH_LETTERS = 30
_LEAST_CONFIRMED = 0.2
_SHARE_UNDER_ATTACK = 4
# Google's mailboxes ignore dots; elsewhere j.doe and jdoe may be two people.
_DOTLESS = {"gmail.com", "googlemail.com"}


class TooMany(Exception):
    """A budget is used up; `retry_after` says in how many seconds it has room again."""

    def __init__(self, retry_after: dt.timedelta) -> None:
        super().__init__(f"try again in {retry_after}")
        self.retry_after = int(retry_after.total_seconds())


def limit_key(email: str) -> str:
    """Return the keyed hash of the address without its plus part, dots (Google) and capitals, 64 hex digits."""
    local, _at, domain = email.strip().lower().rpartition("@")
    local = local.split("+", 1)[0]
    if domain in _DOTLESS:
        local, domain = local.replace(".", ""), "gmail.com"
    return _hash(f"address {local}@{domain}")


def network_of(place: str) -> str:
    """Return the keyed hash of the /24 or /64 of an IP address, 64 hex digits."""
    try:
        address = ipaddress.ip_address(place)
    except ValueError:
        return _hash("network unknown")
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    prefix = 24 if address.version == 4 else 64
    return _hash(f"network {ipaddress.ip_network((address, prefix), strict=False)}")


def admit(network: str, *, now: dt.datetime) -> None:
    """Raise TooMany when this network, or the whole world, has asked often enough for now."""
    share = _SHARE_UNDER_ATTACK if is_under_attack(now=now) else 1
    lately = Ask.objects.filter(network=network, created_at__gt=now - _HOUR).count()
    if lately >= max(1, settings.SIGN_UPS_PER_NETWORK // share):
        raise TooMany(_HOUR)
    if Ask.objects.filter(created_at__gt=now - _MINUTE).count() >= max(1, settings.SIGN_UPS_PER_MINUTE // share):
        raise TooMany(_MINUTE)


@dataclass(frozen=True, slots=True)
class Weather:
    """How the confirmations of the last hours fare: letters that had time to be answered, and how many were."""

    letters: int
    confirmed: int

    @property
    def is_attack(self) -> bool:
        """Say whether strangers' addresses are being signed up: of people, more than half confirm."""
        return self.letters >= _ENOUGH_LETTERS and self.confirmed < self.letters * _LEAST_CONFIRMED


def weather(*, now: dt.datetime) -> Weather:
    """Return how the confirmation letters of the last six hours fare, without those too young to be answered."""
    asked = Ask.objects.with_letter().filter(created_at__range=(now - _LOOK_BACK, now - _TIME_TO_ANSWER))
    counts = asked.aggregate(letters=Count("pk"), confirmed=Count("confirmed_at"))
    return Weather(**counts)


def is_under_attack(*, now: dt.datetime) -> bool:
    """Say whether the shield is up: budgets shrink to a quarter, and the captcha is asked where there is one."""
    return weather(now=now).is_attack


def allows_letter(sent: Sequence[dt.datetime], *, is_repeat: bool, now: dt.datetime) -> bool:
    """Say whether an address that got letters at `sent` (the last week's) may get one more.

    One a day and three a week; a visitor who presses "send it again" gets one more that day.
    """
    today = [at for at in sent if at > now - _DAY]
    if len(sent) >= _LETTERS_A_WEEK:
        return False
    return not today or (is_repeat and len(today) == 1 and now - today[0] >= REPEAT_AFTER)


def allows_move(email: str, *, now: dt.datetime) -> bool:
    """Say whether the address, or a dot or plus variant of it, may get one more letter about a move to it."""
    asks = Ask.objects.moves().of_address(limit_key(email), since=now - WEEK)
    return allows_letter([ask.created_at for ask in asks], is_repeat=False, now=now)


def note_move(email: str, *, language: str, now: dt.datetime) -> None:
    """Remember such a letter, without the address and apart from the reader: whoever deletes themselves and comes again
    has no new budget."""
    Ask.objects.create(
        kind=Ask.Kind.MANAGE,
        form=Ask.MOVE,
        email="",
        limit_key=limit_key(email),
        network="",
        language=language,
        created_at=now,
        settled_at=now,
        outcome=Ask.Outcome.KNOWN,
    )


def _hash(text: str) -> str:
    return hmac.digest(settings.HASH_KEY.encode(), text.encode(), hashlib.sha256).hex()
