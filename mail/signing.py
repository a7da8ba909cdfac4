"""DKIM signatures of our own (RFC 6376), for operators whose mail server does not sign.

A relay that signs is cheaper: a signature here costs some milliseconds a letter. Whoever signs must cover both
List-Unsubscribe headers (RFC 8058, section 4), which neither dkimpy nor opendkim does unless told to.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from django.conf import settings

# By its name: it brings a client of the DNS along, 2 MB that whoever sends without a key of our own has no use for.
_SIGNER = "dkim"

COVERED = (
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "MIME-Version",
    "Content-Type",
    "Reply-To",
    "List-Id",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "Feedback-ID",
    "Auto-Submitted",
)
# Once more than they stand there: a second one, which mail programs may show, breaks the signature (RFC 6376, 8.15).
_SHOWN = ("From", "To", "Subject", "Date", "Content-Type")
_NAMES = [name.lower().encode() for name in (*COVERED, *_SHOWN)]
_RELAXED = (b"relaxed", b"relaxed")


class BadKey(ValueError):
    """The key of DKIM_KEY_FILE cannot be used; the message says why."""


def signed(wire: bytes) -> bytes:
    """Return the message with our signature before it, or as it is when no key is set."""
    if not settings.DKIM_KEY_FILE:
        return wire
    return _signer(settings.DKIM_KEY_FILE, settings.DKIM_SELECTOR, settings.MAIL_DOMAIN)(wire)


def prove_key() -> None:
    """Raise BadKey when a key is set that cannot sign: better now than at each letter."""
    signed(b"From: <probe@example.org>\r\n\r\n")


@functools.lru_cache(maxsize=4)
def _signer(key_file: str, selector: str, domain: str) -> Callable[[bytes], bytes]:
    try:
        key = Path(key_file).read_bytes()
    except OSError as error:
        raise BadKey(f"DKIM_KEY_FILE: {error.strerror}. It names a PEM file with an RSA key of 2048 bits.") from error
    dkim = import_module(_SIGNER)

    def sign(wire: bytes) -> bytes:
        try:
            signature: bytes = dkim.sign(
                wire, selector.encode(), domain.encode(), key, None, _RELAXED, include_headers=_NAMES
            )
        except (dkim.DKIMException, ValueError) as error:
            raise BadKey(f"DKIM_KEY_FILE cannot sign: {error}") from error
        return signature + wire

    return sign
