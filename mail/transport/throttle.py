"""How fast each way out may send, counted by all workers together.

Counters stand in Django's cache: in Redis, where there is one, they are shared; without, each process counts for
itself, and so it does while Redis is away. A budget is a number of letters a window of time; a worker takes a few at
a time. A host that answers 421 or 4.7.x ("too much from you") gets half; each five minutes give one step back.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.cache import cache
from django.core.cache.backends.base import BaseCache
from django.core.cache.backends.locmem import LocMemCache

from mail.transport.outcome import Kind, Outcome

WINDOW_SECONDS = 10
DAY_SECONDS = 86_400
_STEP_BACK_SECONDS = 300
_MOST_STEPS = 6
_TRY_AGAIN_SECONDS = 5.0
_BLOCK = 10
_USED_UP = -1
# Mailboxes of one host under several names.
FAMILIES: Mapping[str, str] = {
    "googlemail.com": "gmail.com",
    "hotmail.com": "outlook.com",
    "live.com": "outlook.com",
    "msn.com": "outlook.com",
    "hotmail.co.uk": "outlook.com",
    "hotmail.fr": "outlook.com",
    "hotmail.de": "outlook.com",
    "ymail.com": "yahoo.com",
    "rocketmail.com": "yahoo.com",
    "me.com": "icloud.com",
    "mac.com": "icloud.com",
    "pm.me": "proton.me",
    "protonmail.com": "proton.me",
    "web.de": "gmx.net",
    "gmx.de": "gmx.net",
}
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a transport may send; 0 is no limit. `domains` are letters a second to one host ("*": any other)."""

    rate: float = 0  # letters a second in all
    domains: Mapping[str, float] = field(default_factory=dict)


class Counters:
    """Values shared by all workers, or this process's own while nobody can be asked."""

    def __init__(self) -> None:
        self._own = LocMemCache("throttle", {})
        self._away_until = 0.0

    def add(self, key: str, number: int, *, seconds: int) -> int:
        """Add to a count that ends after so many seconds; return the sum."""
        return int(self._do(lambda store: _add(store, key, number, seconds)))

    def get(self, key: str) -> Any:
        """Return a kept value, None when there is none."""
        return self._do(lambda store: store.get(key))

    def keep(self, key: str, value: Any, *, seconds: int) -> None:
        """Keep a value for so many seconds."""
        self._do(lambda store: store.set(key, value, timeout=seconds))

    def _do(self, act: Callable[[BaseCache], Any]) -> Any:
        if time.monotonic() >= self._away_until:
            try:
                return act(cache)
            except Exception as error:
                if not _is_away(error):
                    raise
                self._away_until = time.monotonic() + _TRY_AGAIN_SECONDS
                logger.warning("The shared counters are away; each worker counts for itself")
        return act(self._own)


def _is_away(error: Exception) -> bool:
    """Know an error of Redis's client by its home: the client is 6 MB, and loaded only where there is a Redis."""
    return isinstance(error, OSError) or type(error).__module__ == "redis.exceptions"


class Throttle:
    """The budgets of one transport."""

    def __init__(self, name: str, limits: Limits, counters: Counters | None = None) -> None:
        self.name, self.limits = name, limits
        self._counters = counters or Counters()
        self._taken: dict[str, tuple[int, int]] = {}  # by budget: its window, and how many of it are ours to give
        self._sent: dict[str, tuple[int, int]] = {}  # by host: a window, and how many letters it got from us in it
        self._slow: dict[str, tuple[int, float, float]] = {}  # by host: steps down, since when, from which rate
        self._slow_read_at = 0.0

    def wait(self, address: str, *, now: float, is_urgent: bool = False) -> float:
        """Return how many seconds a letter to this address must wait, 0 when it may leave; it counts as left then.

        Urgent letters never wait, but they count. `now` is seconds since 1970, the same for all workers.
        """
        domain, window = domain_of(address), int(now // WINDOW_SECONDS)
        wait = self._turn(domain, self._domain_rate(domain, now), now, WINDOW_SECONDS)
        if wait and not is_urgent:
            return wait
        wait = self._turn("all", self.limits.rate, now, 1)
        if wait and not is_urgent:
            self._give_back(domain)
            return wait
        known, number = self._sent.get(domain, (window, 0))
        self._sent[domain] = (window, number + 1 if known == window else 1)
        return 0.0

    def has_room(self, cap: int, *, now: float) -> bool:
        """Take one letter of a day's cap (UTC); False when it is used up."""
        return self._take("day", int(now // DAY_SECONDS), cap, seconds=DAY_SECONDS)

    def give_back_room(self) -> None:
        """Put back what a letter took of the day's cap and did not use."""
        self._give_back("day")

    def learn(self, outcome: Outcome, address: str, *, now: float) -> None:
        """Halve what a host gets when it says "too much from you", once a window at most."""
        says_so = outcome.code == 421 or outcome.enhanced.startswith("4.7.")
        if outcome.kind != Kind.DEFERRED or outcome.is_transport or not says_so:
            return
        domain = domain_of(address)
        self._read_slow(now, must=True)
        steps, since, usual = self._slow.get(domain, (0, 0.0, 0.0))
        if now - since < WINDOW_SECONDS:
            return
        # Without a limit of its own a host gets half of what it just got from us.
        left = _steps_left(steps, since, now)
        usual = usual if left else max(1.0, self._sent.get(domain, (0, 0))[1] / WINDOW_SECONDS)
        self._slow[domain] = (min(_MOST_STEPS, left + 1), now, usual)
        self._counters.keep(f"throttle/{self.name}/slow", self._slow, seconds=_STEP_BACK_SECONDS * _MOST_STEPS)

    def _domain_rate(self, domain: str, now: float) -> float:
        limits = self.limits.domains
        rate = limits.get(domain, limits.get("*", 0.0)) if limits else 0.0
        self._read_slow(now)
        if domain not in self._slow:
            return rate
        steps, since, usual = self._slow[domain]
        left = _steps_left(steps, since, now)
        return (rate or usual) / 2**left if left else rate

    def _read_slow(self, now: float, *, must: bool = False) -> None:
        if must or now - self._slow_read_at >= 1:
            self._slow = self._counters.get(f"throttle/{self.name}/slow") or {}
            self._slow_read_at = now

    def _turn(self, budget: str, rate: float, now: float, seconds: float) -> float:
        """Take one letter of a rate, 0 for no limit; return how many seconds its turn is away, 0 when it has come."""
        if not rate:
            return 0.0
        seconds = max(seconds, 1 / rate)  # a rate of 0.02 is one letter in 50 s, not one in each window
        window = int(now // seconds)
        return 0.0 if self._take(budget, window, rate * seconds, seconds=seconds) else (window + 1) * seconds - now

    def _give_back(self, budget: str) -> None:
        window, left = self._taken.get(budget, (-1, 0))
        self._taken[budget] = (window, max(0, left) + 1)

    def _take(self, budget: str, window: int, limit: float, *, seconds: float) -> bool:
        """Take one from a budget's window; a few are fetched at a time, so that sharing costs little."""
        known, left = self._taken.get(budget, (-1, 0))
        if known == window and left != 0:
            self._taken[budget] = (window, left - 1 if left > 0 else left)
            return left > 0
        most = max(1, int(limit))
        block = max(1, min(_BLOCK, most // 10))
        total = self._counters.add(f"throttle/{self.name}/{budget}/{window}", block, seconds=int(seconds) + 5)
        granted = block - max(0, total - most)
        self._taken[budget] = (window, granted - 1 if granted > 0 else _USED_UP)
        return granted > 0


def _steps_left(steps: int, since: float, now: float) -> int:
    return max(0, steps - int((now - since) // _STEP_BACK_SECONDS))


def _add(store: BaseCache, key: str, number: int, seconds: int) -> int:
    store.add(key, 0, timeout=seconds)
    try:
        return int(store.incr(key, number))
    except ValueError:  # it ended between the two
        store.set(key, number, timeout=seconds)
        return number


def domain_of(address: str) -> str:
    """Return the host that takes an address's mail, as far as its name tells."""
    domain = address.rpartition("@")[2].lower()
    return FAMILIES.get(domain, domain)
