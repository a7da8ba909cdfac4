"""What must be set before letters may leave."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from mail.transport import PROVIDERS, is_protected, providers, routes

_POLICIES = ("resend_once", "hold", "assume_sent")
_ADDRESSES = ("DIGEST_ADDRESS", "ACCOUNT_ADDRESS", "UNSUBSCRIBE_ADDRESS", "BOUNCE_ADDRESS")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_CAPTURED = 8025  # the port of the mailbox that `make run` starts

_SHORTEST_KEY = 32  # characters: 128 bits even in hexadecimal digits


# What a reader clicked is remembered for a year (newsletter/taste.py), and its digest is older than the click.
LEAST_DAYS_KEPT = 366


def webhooks_are_protected(**_: Any) -> list[CheckMessage]:
    """Refuse to start with a provider whose reports anybody could forge: Anymail itself only warns."""
    return [
        Error(
            f"The webhook of {provider} is not protected.",
            hint=f"Set {' or '.join(('WEBHOOK_SECRET', *PROVIDERS[provider].protected_by))} in ANYMAIL.",
            id="newsletter.E001",
        )
        for provider in sorted(providers())
        if PROVIDERS[provider].has_webhook and not is_protected(provider)
    ]


def settings_are_understood(**_: Any) -> list[CheckMessage]:
    """Refuse to start with a word that would be taken for another, or noticed at the first letter only."""
    return [
        Error(f"{name} is “{value}”: {wish}.", hint="Each variable is explained in .env.example.", id="newsletter.E002")
        for name, value, wish in _misunderstood()
    ]


def _misunderstood() -> Iterator[tuple[str, str, str]]:
    if settings.ON_UNKNOWN not in _POLICIES:
        yield "ON_UNKNOWN", settings.ON_UNKNOWN, f"it must be one of {', '.join(_POLICIES)}"
    if 0 != settings.DIGESTS_KEPT_DAYS < LEAST_DAYS_KEPT:
        wish = f"it must be {LEAST_DAYS_KEPT} or more, for what readers clicked is learned from for a year, or 0"
        yield "DIGESTS_KEPT_DAYS", str(settings.DIGESTS_KEPT_DAYS), wish
    for name in _ADDRESSES:
        try:
            validate_email(getattr(settings, name))
        except ValidationError:
            yield name, getattr(settings, name), "it must be a mail address"
    # Only its beginning is told: a password may stand behind it.
    kind = settings.BOUNCE_MAILBOX.partition(":")[0]
    if kind not in ("", "maildir", "imaps", "imap"):
        yield "BOUNCE_MAILBOX", f"{kind[:20]}…", "it must begin with maildir:, imaps: or imap:"
    if settings.DKIM_KEY_FILE and not os.access(settings.DKIM_KEY_FILE, os.R_OK):
        yield "DKIM_KEY_FILE", settings.DKIM_KEY_FILE, "there is no such file, or it may not be read"


def tls_ends_somewhere(**_: Any) -> list[CheckMessage]:
    """Warn of a site that sends everybody from http to https for ever: none of our processes speaks TLS itself."""
    if settings.SECURE_PROXY_SSL_HEADER or not settings.SECURE_SSL_REDIRECT:
        return []
    hint = "Set it to True behind a proxy that ends TLS and sets X-Forwarded-Proto, such as deploy/nginx.conf."
    return [Warning("SITE_URL is https and BEHIND_PROXY is False.", hint=hint, id="newsletter.W001")]


def keys_are_long(**_: Any) -> list[CheckMessage]:
    """Warn of keys that could be guessed: whoever has one makes links that open every reader's preferences."""
    keys = [("LINK_KEYS", key) for key in settings.LINK_KEYS] + [("HASH_KEY", settings.HASH_KEY)]
    if settings.METRICS_TOKEN:
        keys.append(("METRICS_TOKEN", settings.METRICS_TOKEN))
    short = dict.fromkeys(name for name, key in keys if len(key) < _SHORTEST_KEY)
    hint = (
        "A new one: python -c 'import secrets; print(secrets.token_urlsafe(48))'. Of LINK_KEYS the newest is the first."
    )
    return [Warning(f"{name} is short enough to be guessed.", hint=hint, id="newsletter.W002") for name in short]


def letters_leave_this_machine_safely(**_: Any) -> list[CheckMessage]:
    """Warn of letters that end in the captured mailbox, and of a password that everybody on the way can read."""
    found: list[CheckMessage] = []
    for server in (route.server for route in routes() if route.server):
        is_near = server.host in _LOOPBACK
        if is_near and server.port == _CAPTURED and not settings.IS_EMBEDDED:
            said = "Letters go to the captured mailbox of this machine and to no reader."
            found.append(Warning(said, hint="Set EMAIL_URL (or TRANSPORTS, or EMAIL_BACKEND).", id="newsletter.W003"))
        if server.username and not (is_near or server.use_tls or server.use_ssl):
            said = f"The password for {server.host} travels in clear."
            found.append(Warning(said, hint="Begin its URL with smtp+tls:// or smtp+ssl://.", id="newsletter.W004"))
    mailbox = urlsplit(settings.BOUNCE_MAILBOX)
    if mailbox.scheme == "imap" and mailbox.hostname not in _LOOPBACK:
        said = f"The password for {mailbox.hostname} travels in clear."
        found.append(Warning(said, hint="Begin BOUNCE_MAILBOX with imaps://.", id="newsletter.W004"))
    return found


def keys_are_three(**_: Any) -> list[CheckMessage]:
    """Warn of one key in two places: who learns it there has it here."""
    keys = [settings.SECRET_KEY, *settings.LINK_KEYS, settings.HASH_KEY]
    if len(set(keys)) == len(keys):
        return []
    hint = "Make new ones, but keep HASH_KEY if it is in use: a new one forgets who left."
    return [Warning("SECRET_KEY, LINK_KEYS and HASH_KEY must differ.", hint=hint, id="newsletter.W005")]


def register_all() -> None:
    """Have Django run them at each start, the warnings with `check --deploy` only."""
    for check in (webhooks_are_protected, settings_are_understood):
        register(Tags.security)(check)
    for check in (tls_ends_somewhere, letters_leave_this_machine_safely, keys_are_long, keys_are_three):
        register(Tags.security, deploy=True)(check)
