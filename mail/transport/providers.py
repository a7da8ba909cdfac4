"""What each of Anymail's providers can do: data, so that no letter is refused for a wish it cannot fulfil.

Anymail is strict and raises for what a provider lacks; asking it to be silent instead would lose List-Unsubscribe, so
we set only what is supported. Read in Anymail 15.2; tests/mail/test_providers.py holds each against a stub.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Provider:
    """`idempotency` says where a key goes that makes a repeat harmless: an HTTP header, the letter's headers, or ""."""

    has_metadata: bool = True
    has_envelope_sender: bool = False
    has_tracking_switch: bool = False  # its own open pixel and link rewriting can be turned off a letter
    idempotency: str = ""
    # Settings of ANYMAIL, any one of which makes its webhook's reports trustworthy, besides WEBHOOK_SECRET.
    protected_by: tuple[str, ...] = ()
    # The same for the mail that it passes on to us; None: the same settings.
    inbound_protected_by: tuple[str, ...] | None = None
    has_webhook: bool = True


PROVIDERS: dict[str, Provider] = {
    "amazon_ses": Provider(has_envelope_sender=True),
    "brevo": Provider(idempotency="letter"),
    "mailersend": Provider(
        has_metadata=False,
        has_tracking_switch=True,
        protected_by=("MAILERSEND_SIGNING_SECRET",),
        inbound_protected_by=("MAILERSEND_INBOUND_SECRET",),
    ),
    "mailgun": Provider(
        has_envelope_sender=True,
        has_tracking_switch=True,
        protected_by=("MAILGUN_WEBHOOK_SIGNING_KEY", "MAILGUN_API_KEY"),
    ),
    "mailjet": Provider(has_tracking_switch=True),
    "mailtrap": Provider(protected_by=("MAILTRAP_TRACKING_SECRET",), inbound_protected_by=("MAILTRAP_INBOUND_SECRET",)),
    "mandrill": Provider(has_tracking_switch=True, protected_by=("MANDRILL_WEBHOOK_KEY",)),
    "postal": Provider(has_metadata=False, protected_by=("POSTAL_WEBHOOK_KEY",)),
    "postmark": Provider(has_tracking_switch=True),
    "resend": Provider(
        idempotency="http",
        protected_by=("RESEND_SIGNING_SECRET",),
        inbound_protected_by=("RESEND_INBOUND_SECRET",),
    ),
    "scaleway": Provider(has_webhook=False),
    # It signs its reports and not the mail that it passes on.
    "sendgrid": Provider(
        has_tracking_switch=True,
        protected_by=("SENDGRID_TRACKING_WEBHOOK_VERIFICATION_KEY",),
        inbound_protected_by=(),
    ),
    # It replaces our List-Unsubscribe by its own: our one-click endpoint is never called.
    "sparkpost": Provider(has_tracking_switch=True),
    "unisender_go": Provider(has_tracking_switch=True, protected_by=("UNISENDER_GO_API_KEY",)),
}
# A backend we know nothing of gets nothing beyond what every Django backend takes.
PLAIN = Provider(has_metadata=False)


def provider_name(backend: str) -> str:
    """Return the provider of a backend's path ("postmark"), "" when it is not one of Anymail's."""
    name = backend.removeprefix("anymail.backends.").partition(".")[0]
    return name if backend.startswith("anymail.backends.") and name in PROVIDERS else ""
