"""Handing letters over: one Outcome each, whatever happens.

`deliver(letters)` is all that callers need. It speaks SMTP itself where EMAIL_BACKEND is Django's SMTP backend (server
from EMAIL_URL), and goes through any other backend, an Anymail provider for example, letter by letter.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator

from django.conf import settings

from mail.letter import Letter
from mail.transport.esp import BackendTransport
from mail.transport.outcome import Journal, Kind, NoJournal, Outcome, Transport
from mail.transport.providers import PROVIDERS, provider_name
from mail.transport.server import Server, timeouts_of
from mail.transport.smtp import SmtpTransport

__all__ = ["PROVIDERS", "Journal", "Kind", "Outcome", "deliver", "is_protected", "providers"]

_SMTP = "django.core.mail.backends.smtp.EmailBackend"
_kept = threading.local()


def deliver(letters: Iterable[Letter], *, journal: Journal | None = None) -> Iterator[Outcome]:
    """Hand over each letter and yield its Outcome as soon as it is known, in any order.

    The letters are taken one at a time, a few ahead of the wire; each has one recipient. No outcome is ever missing:
    what cannot leave now comes back as "deferred". An error raised by `letters` itself is raised again once every
    letter under way has its outcome. `journal` is called just before each body leaves and right after its answer.
    """
    yield from _transport().deliver(letters, journal or NoJournal())


def providers() -> set[str]:
    """Return the names of the mail providers in use, as Anymail spells them ("postmark")."""
    return {name for name in [provider_name(settings.EMAIL_BACKEND)] if name}


def is_protected(provider: str) -> bool:
    """Say whether the provider's reports can be told from a stranger's."""
    names = ("WEBHOOK_SECRET", *PROVIDERS[provider].protected_by)
    return any(settings.ANYMAIL.get(name) for name in names)


def _transport() -> Transport:
    """Return this thread's transport; its connections stay open from one call to the next, and never cross a fork."""
    wanted = (os.getpid(), settings.EMAIL_BACKEND, _server() if settings.EMAIL_BACKEND == _SMTP else None)
    if getattr(_kept, "wanted", None) != wanted:
        _kept.wanted = wanted
        _kept.transport = SmtpTransport(wanted[2]) if wanted[2] else BackendTransport(settings.EMAIL_BACKEND)
    transport: Transport = _kept.transport
    return transport


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
