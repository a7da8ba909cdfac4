"""Handing letters over: one Outcome each, whatever happens.

`deliver(letters)` is all that callers need. It speaks SMTP itself where EMAIL_BACKEND is Django's SMTP backend (server
from EMAIL_URL), and goes through any other backend, an Anymail provider for example, letter by letter. TRANSPORTS names
several ways out with their shares and budgets (docs/transports.md).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator

from django.conf import settings

from mail.letter import Letter
from mail.transport.fleet import Fleet
from mail.transport.outcome import Journal, Kind, NoJournal, Outcome
from mail.transport.providers import PROVIDERS, provider_name
from mail.transport.route import Route, read_routes
from mail.transport.server import Server, timeouts_of

__all__ = ["PROVIDERS", "Journal", "Kind", "Outcome", "deliver", "is_protected", "providers", "routes"]

_SMTP = "django.core.mail.backends.smtp.EmailBackend"
_kept = threading.local()


def deliver(letters: Iterable[Letter], *, journal: Journal | None = None, is_urgent: bool = False) -> Iterator[Outcome]:
    """Hand over each letter and yield its Outcome as soon as it is known, in any order.

    The letters are taken one at a time, a few ahead of the wire; each has one recipient. No outcome is ever missing:
    what cannot leave now comes back as "deferred". An error raised by `letters` itself is raised again once every
    letter under way has its outcome. `journal` is called just before each body leaves and right after its answer.
    Urgent letters (somebody waits for them) are not held back by the budgets.
    """
    yield from _fleet().deliver(letters, journal or NoJournal(), is_urgent=is_urgent)


def routes() -> list[Route]:
    """Return the ways out as the settings name them."""
    named = read_routes(settings.TRANSPORTS, our_name=settings.MAIL_DOMAIN)
    # A backend that is not SMTP (the tests' own, for example) stands above what TRANSPORTS says of servers.
    if named and settings.EMAIL_BACKEND == _SMTP:
        return named
    if settings.EMAIL_BACKEND == _SMTP:
        return [Route("smtp", server=_server())]
    return [Route(settings.EMAIL_BACKEND, backend=settings.EMAIL_BACKEND)]


def providers() -> set[str]:
    """Return the names of the mail providers in use, as Anymail spells them ("postmark")."""
    return {name for route in routes() if (name := provider_name(route.backend))}


def is_protected(provider: str, *, inbound: bool = False) -> bool:
    """Say whether the provider's reports, or the mail that it passes on, can be told from a stranger's."""
    known = PROVIDERS[provider]
    names = known.protected_by if not inbound or known.inbound_protected_by is None else known.inbound_protected_by
    return any(settings.ANYMAIL.get(name) for name in ("WEBHOOK_SECRET", *names))


def _fleet() -> Fleet:
    """Return this thread's fleet; its connections stay open from one call to the next, and never cross a fork."""
    wanted = (os.getpid(), routes())
    if getattr(_kept, "wanted", None) != wanted:
        _kept.wanted, _kept.fleet = wanted, Fleet(wanted[1])
    fleet: Fleet = _kept.fleet
    return fleet


def _server() -> Server:
    return Server(
        host=settings.EMAIL_HOST,
        port=settings.EMAIL_PORT,
        username=settings.EMAIL_HOST_USER or "",
        password=settings.EMAIL_HOST_PASSWORD or "",
        use_tls=settings.EMAIL_USE_TLS,
        use_ssl=settings.EMAIL_USE_SSL,
        our_name=settings.MAIL_DOMAIN,
        timeouts=timeouts_of(settings.EMAIL_TIMEOUT),
    )
