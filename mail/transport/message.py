"""A letter as a message of Django's and as bytes for the wire."""

from __future__ import annotations

import re
from email.utils import parseaddr
from typing import TYPE_CHECKING, cast

from django.core.mail import EmailMultiAlternatives

from mail.letter import Letter

if TYPE_CHECKING:
    from django.core.mail.message import SafeMIMEMultipart

_ADDRESS = re.compile(r"[!-+\--:=?-~]*")  # printable ASCII but for space , ; < >
_SET_BY_THE_MESSAGE = {"from", "subject", "to"}  # a From among the headers makes Anymail set an envelope sender


class BadLetter(ValueError):
    """The letter cannot be sent as it is; the text says why."""


def refuse_crowds(letter: Letter) -> None:
    """Raise BadLetter unless the letter goes to exactly one plain address."""
    for address in (letter.to, letter.sender):
        if not _ADDRESS.fullmatch(address):
            raise BadLetter("an address with characters that do not belong there")
    if letter.to.count("@") != 1:
        raise BadLetter("not exactly one address")


def message_of(letter: Letter) -> EmailMultiAlternatives:
    """Return the letter as a Django message with one recipient; its From is the visible one of the headers."""
    refuse_crowds(letter)
    given = {name.lower(): value for name, value in letter.headers.items()}
    if "cc" in given or "bcc" in given or parseaddr(given.get("to", letter.to))[1] != letter.to:
        raise BadLetter("a letter goes to one reader, the one it names")
    message = EmailMultiAlternatives(
        subject=given.get("subject", ""),
        body=letter.text,
        from_email=given.get("from", letter.sender),
        to=[letter.to],
        headers={name: value for name, value in letter.headers.items() if name.lower() not in _SET_BY_THE_MESSAGE},
    )
    if letter.html:
        message.attach_alternative(letter.html, "text/html")
    return message


def wire_of(letter: Letter) -> bytes:
    """Return the message as it goes after DATA: CRLF, dots doubled, ending with CRLF, the final dot left out."""
    refuse_crowds(letter)
    wire = letter.wire or _bytes_of(message_of(letter))
    if letter.is_ready:
        return wire
    if not wire.isascii() or b"\0" in wire:
        raise BadLetter("the message is not 7 bit")
    # Each dot at the start of a line, however the other side counts lines: a bare LF must not end our DATA there.
    if b"\n." in wire or wire.startswith(b"."):
        wire = (b"." if wire.startswith(b".") else b"") + wire.replace(b"\n.", b"\n..")
    if b"\r." in wire:
        raise BadLetter("a bare CR before a dot")
    return wire if wire.endswith(b"\r\n") else wire + b"\r\n"


def _bytes_of(message: EmailMultiAlternatives) -> bytes:
    mime = cast("SafeMIMEMultipart", message.message())
    return mime.as_bytes(linesep="\r\n")
