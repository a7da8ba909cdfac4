"""What must be set before letters may leave."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from mail.transport import PROVIDERS, is_protected, providers

_SHORTEST_KEY = 32  # characters: 128 bits even in hexadecimal digits


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


def register_all() -> None:
    """Have Django run them at each start, all but the first with `check --deploy` only."""
    register(Tags.security)(webhooks_are_protected)
    register(Tags.security, deploy=True)(tls_ends_somewhere)
    register(Tags.security, deploy=True)(keys_are_long)
