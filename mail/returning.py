"""The address that a letter's bounce returns to: it names the letter and is signed, so nobody can forge a bounce."""

from __future__ import annotations

import hmac
from collections.abc import Callable

from django.conf import settings

from mail.keyed import keyed

_MAC_CHARACTERS = 16
_CONTEXT = b"paper-round return\0"


def return_address(key: str) -> str:
    """Return the envelope sender that names a letter: "d17" a digest, "a" an account letter.

    bounces+d17.0123456789abcdef@… ; for account letters sign the reader's address too:
    `return_address(account_key(address))`.
    """
    return returning(settings.BOUNCE_ADDRESS)(key)


def returning(base: str) -> Callable[[str], str]:
    """Return a function from keys to such envelope senders at `base`, for whoever writes many letters."""
    local, _at, domain = base.rpartition("@")
    mac = keyed(settings.LINK_KEYS[0].encode(), _CONTEXT)

    def address(key: str) -> str:
        return f"{local}+{key.partition(':')[0]}.{mac(key.encode()).hex()[:_MAC_CHARACTERS]}@{domain}"

    return address


def account_key(address: str) -> str:
    """Return the key of an account letter to this address: the address is signed and does not show."""
    return f"a:{address.strip().lower()}"


def read_return_address(address: str, *, recipient: str = "") -> str | None:
    """Return the key that a return address of ours names, None when we did not sign it.

    An account letter's needs the `recipient` that the bounce speaks of.
    """
    local = address.strip().lower().rpartition("@")[0]
    key, _dot, mac = local.rpartition("+")[2].partition(".")
    signed = account_key(recipient) if key == "a" else key
    if not mac.isascii():  # compare_digest takes no others
        return None
    return signed if any(hmac.compare_digest(mac, _mac(ours, signed)) for ours in settings.LINK_KEYS) else None


def _mac(secret: str, key: str) -> str:
    return keyed(secret.encode(), _CONTEXT)(key.encode()).hex()[:_MAC_CHARACTERS]
