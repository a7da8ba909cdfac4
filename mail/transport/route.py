"""What TRANSPORTS says of each way out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from mail.transport.server import Server, timeouts_of
from mail.transport.throttle import Limits

_SCHEMES = {"smtp": (25, False, False), "smtp+tls": (587, True, False), "smtp+ssl": (465, False, True)}
_KNOWN = {"name", "url", "backend", "weight", "rate", "domains", "daily_cap", "warm_up", "connections", "timeout"}


@dataclass(frozen=True)
class WarmUp:
    """A new sending address: how many letters on its first day, and which day that was."""

    since: dt.date
    first: int = 500

    def cap(self, day: dt.date) -> int:
        """Return the day's cap: twice the day before below 50,000, half more below 100,000, a fifth more above."""
        cap = float(self.first)
        for _ in range(min(60, (day - self.since).days)):
            cap *= 2 if cap < 50_000 else 1.5 if cap < 100_000 else 1.2
        return int(cap)


@dataclass(frozen=True)
class Route:
    """One way out: an SMTP server or a mail backend, its share of the letters, and what it may send."""

    name: str
    server: Server | None = None
    backend: str = ""
    weight: float = 1  # 0: only when the others cannot
    limits: Limits = field(default_factory=Limits)
    daily_cap: int = 0
    warm_up: WarmUp | None = None

    def cap(self, day: dt.date) -> int:
        """Return how many letters may leave on a day, 0 for no end."""
        caps = [cap for cap in (self.daily_cap, self.warm_up.cap(day) if self.warm_up else 0) if cap]
        return min(caps, default=0)


def read_routes(entries: list[Mapping[str, Any]], *, our_name: str) -> list[Route]:
    """Return the routes that TRANSPORTS names; raise ImproperlyConfigured with what to mend."""
    routes = [_route(entry, number, our_name) for number, entry in enumerate(entries, 1)]
    names = [route.name for route in routes]
    if len(set(names)) < len(names):
        raise ImproperlyConfigured("TRANSPORTS: each needs a name of its own.")
    if routes and not any(route.weight for route in routes):
        raise ImproperlyConfigured("TRANSPORTS: at least one needs a weight above 0.")
    return routes


def _route(entry: Mapping[str, Any], number: int, our_name: str) -> Route:
    if unknown := set(entry) - _KNOWN:
        raise ImproperlyConfigured(f"TRANSPORTS, entry {number}: unknown {', '.join(sorted(unknown))}.")
    if ("url" in entry) == ("backend" in entry):
        raise ImproperlyConfigured(f"TRANSPORTS, entry {number}: give either a url (smtp://…) or a backend.")
    try:
        return Route(
            name=str(entry.get("name") or f"transport-{number}"),
            server=_server(entry, our_name) if "url" in entry else None,
            backend=entry.get("backend", ""),
            weight=float(entry.get("weight", 1)),
            limits=Limits(float(entry.get("rate", 0)), {k: float(v) for k, v in entry.get("domains", {}).items()}),
            daily_cap=int(entry.get("daily_cap", 0)),
            warm_up=_warm_up(entry["warm_up"]) if "warm_up" in entry else None,
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ImproperlyConfigured(f"TRANSPORTS, entry {number}: {error}") from error


def _warm_up(entry: Mapping[str, Any]) -> WarmUp:
    return WarmUp(dt.date.fromisoformat(entry["since"]), int(entry.get("first", 500)))


def _server(entry: Mapping[str, Any], our_name: str) -> Server:
    parts = urlsplit(entry["url"])
    if parts.scheme not in _SCHEMES or not parts.hostname:
        raise ValueError("a url begins with smtp://, smtp+tls:// or smtp+ssl:// and names a host")
    if (connections := int(entry.get("connections", 10))) < 1:
        raise ValueError("without a connection no letter leaves")
    port, use_tls, use_ssl = _SCHEMES[parts.scheme]
    return Server(
        host=parts.hostname,
        port=parts.port or port,
        username=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        use_tls=use_tls,
        use_ssl=use_ssl,
        our_name=our_name,
        connections=connections,
        timeouts=timeouts_of(entry.get("timeout")),
    )
