"""Signed links: one function signs them all, with the purpose inside the signature, so none opens another's door.

A token is base64url over 17 bytes of claim (purpose, subject, epoch, hour of issue) and 16 bytes of HMAC-SHA256:
44 characters, 5 µs. The keys are LINK_KEYS, newest first; an old key still reads what it signed.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import enum
import hmac
import struct
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings

from mail.keyed import keyed

_CLAIM = struct.Struct(">BQII")  # purpose, subject, epoch, hours since 1970
_MAC_BYTES = 16
_CONTEXT = b"paper-round link\0"
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_TOKEN_CHARACTERS = 44  # ceil((17 + 16) / 3) * 4, no padding


class Purpose(enum.IntEnum):
    """What a token may do; each opens one door only. The subject is the id of a subscriber, a digest or an ask."""

    CONFIRM = 1  # ask
    MANAGE = 2  # subscriber
    UNSUBSCRIBE = 3  # subscriber; never expires
    WEB_VIEW = 4  # digest
    OPEN = 5  # digest
    CLICK = 6  # digest
    FEEDBACK = 7  # digest
    ADDRESS = 8  # address change; moves the subscription there
    UNDO = 9  # subscriber, with the minute of the leave as epoch: takes back that leave and no other
    FEED = 10  # subscriber; never expires, since a feed reader asks for years, and shows papers only


class BadToken(Exception):
    """The token was not made by us for this purpose."""


class ExpiredToken(BadToken):
    """The token was ours and is too old; `claim` says whose it was, so that a new one can be offered."""

    def __init__(self, claim: Claim) -> None:
        super().__init__("expired")
        self.claim = claim


@dataclass(frozen=True, slots=True)
class Claim:
    """What a token says: whose it is, of which epoch of theirs, and when it was issued (to the hour)."""

    subject: int
    epoch: int
    issued_at: dt.datetime


def sign(purpose: Purpose, subject: int, *, epoch: int = 0, now: dt.datetime) -> str:
    """Return the token, 44 URL-safe characters, for one subject and purpose."""
    return signer(now)(purpose, subject, epoch).decode()


def signer(now: dt.datetime) -> Callable[[int, int, int], bytes]:
    """Return a function (purpose, subject, epoch) → token in ASCII, for whoever signs many links of one moment."""
    key, hours = settings.LINK_KEYS[0].encode(), int(now.timestamp()) // 3600
    pack, encode, mac = _CLAIM.pack, binascii.b2a_base64, keyed(key, _CONTEXT)

    def sign_one(purpose: int, subject: int, epoch: int) -> bytes:
        claim = pack(purpose, subject, epoch, hours)
        return encode(claim + mac(claim)[:_MAC_BYTES], newline=False).translate(_URL_SAFE)

    return sign_one


def read(purpose: Purpose, token: str, *, now: dt.datetime, max_age: dt.timedelta | None = None) -> Claim:
    """Return what the token claims; raise BadToken, or ExpiredToken when it is older than `max_age`."""
    blob = _decode(token)
    packed, mac = blob[: _CLAIM.size], blob[_CLAIM.size :]
    if not any(hmac.compare_digest(mac, _mac(key, packed)) for key in settings.LINK_KEYS):
        raise BadToken("no key of ours signed this")
    found, subject, epoch, hours = _CLAIM.unpack(packed)
    if found != purpose:
        raise BadToken("signed for another purpose")
    claim = Claim(subject, epoch, dt.datetime.fromtimestamp(hours * 3600, dt.UTC))
    if max_age is not None and now - claim.issued_at > max_age:
        raise ExpiredToken(claim)
    return claim


def _decode(token: str) -> bytes:
    if len(token) != _TOKEN_CHARACTERS:
        raise BadToken("wrong length")
    try:
        blob = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise BadToken("not base64url") from error
    if base64.urlsafe_b64encode(blob).decode() != token:  # the last character has spare bits: one spelling only
        raise BadToken("not as we write it")
    return blob


def _mac(key: str, claim: bytes) -> bytes:
    return keyed(key.encode(), _CONTEXT)(claim)[:_MAC_BYTES]
