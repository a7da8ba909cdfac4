"""What must be set before letters may leave."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register

from mail.transport import PROVIDERS, is_protected, providers


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


def register_all() -> None:
    """Have Django run them at each start."""
    register(Tags.security)(webhooks_are_protected)
