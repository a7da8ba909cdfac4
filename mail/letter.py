"""One letter before it leaves."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any, ClassVar

from django.conf import settings
from django.template import Context, Engine
from django.utils import translation

from mail import encoding, mjml
from mail.returning import account_key, return_address
from mail.signing import signed

BOUNDARY = "=_paper-round"  # quoted-printable never holds "=_", so no text can contain it


class BadAddress(ValueError):
    """An address that cannot stand in a header; the message does not repeat it."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One email to one address.

    `key` is the caller's name for it (a digest id); outcomes carry it back. `sender` is the envelope address that
    bounces return to; the visible From stands in `headers`, with Subject, To, Message-ID and all others, ASCII only.
    `wire`, when given, is the finished message (CRLF, 7 bit, not dot-stuffed) and equals what the parts would make.
    """

    key: str
    sender: str
    to: str
    headers: Mapping[str, str]
    text: str
    html: str
    wire: bytes = field(default=b"", repr=False)

    # A maker that sees to it that `wire` is 7 bit, ends with CRLF, and has no NUL and no line that begins with a dot
    # says so for its letters; nobody looks again then (looking costs 70 µs a letter, as much as handing it over).
    is_ready: ClassVar[bool] = False


def compose(
    name: str,
    *,
    key: str,
    to: str,
    context: Mapping[str, Any],
    language: str = "en",
) -> Letter:
    """Return an account letter made from templates/mail/<name>.{subject.txt,txt,mjml}.

    Every template may use what `surroundings` gives; `link` is the letter's one action, and all that any of them needs.
    """
    with translation.override(language):
        values = {**surroundings(language), **context}
        subject = encoding.one_line(_plain(f"mail/{name}.subject.txt", values))
        text = _plain(f"mail/{name}.txt", values).strip() + "\n"
        html = mjml.compiled(f"mail/{name}.mjml").render(Context({**values, "subject": subject}))
    complete = {
        "From": visible_sender(settings.NEWSLETTER_NAME, settings.ACCOUNT_ADDRESS),
        "To": ascii_address(to),
        "Subject": encoding.header(subject),
        "Date": formatdate(),
        "Message-ID": f"<{secrets.token_hex(16)}@{settings.MAIL_DOMAIN}>",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "Feedback-ID": f"{name}:account:{feedback_sender()}",
    }
    to = complete["To"]
    return Letter(key, return_address(account_key(to)), to, complete, text, html, signed(wire(complete, text, html)))


def surroundings(language: str) -> dict[str, str]:
    """Return what every letter may say about us and about its language."""
    return {
        "newsletter_name": settings.NEWSLETTER_NAME,
        "editor_name": settings.EDITOR_NAME,
        "site_url": settings.SITE_URL,
        "postal_address": settings.POSTAL_ADDRESS,
        "language": language,
        "direction": "rtl" if translation.get_language_bidi() else "ltr",
    }


def wire(headers: Mapping[str, str], text: str, html: str) -> bytes:
    """Return the whole message: 7 bit, CRLF, the plain text first, no line that begins with a dot."""
    head = "".join(encoding.header_line(name, value) for name, value in headers.items())
    return b"".join(
        (head.encode("ascii"), FRAME_HEAD, encoding.body(text), FRAME_MIDDLE, encoding.body(html), FRAME_FOOT)
    )


def _part(kind: str) -> str:
    return f"--{BOUNDARY}\r\nContent-Type: {kind}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"


FRAME_HEAD = (
    f'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="{BOUNDARY}"\r\n\r\n{_part("text/plain")}'
).encode()
FRAME_MIDDLE = f"\r\n{_part('text/html')}".encode()
FRAME_FOOT = f"\r\n--{BOUNDARY}--\r\n".encode()


def visible_sender(name: str, address: str) -> str:
    """Return the From header: the name quoted or as encoded words, and the address."""
    name = encoding.one_line(name)
    if not name.isascii() or "=?" in name:
        name = encoding.header(name)
    elif not re.fullmatch(r"[\w !#$%&'*+/=?^`{|}~-]*", name):
        name = '"' + name.replace("\\", r"\\").replace('"', r"\"") + '"'
    return f"{name} <{ascii_address(address)}>".lstrip()


def ascii_address(address: str) -> str:
    """Return the address as it may stand in a header, its domain as an A-label; raise BadAddress."""
    local, at, domain = address.rpartition("@")
    try:
        plain = local.encode("ascii").decode() + at + domain.encode("idna").decode()
    except UnicodeError as error:
        raise BadAddress("the address needs letters that ASCII does not have") from error
    if not re.fullmatch(r"[^\s<>,;:\"\\()\[\]@]+@[\w.-]+", plain, re.ASCII):
        raise BadAddress("the address cannot stand in a header")
    return plain


def usual_address(address: str) -> str:
    """Return the address with its domain written as the letter to it will be, in letters of its own; raise BadAddress.

    Wide letters, letters in circles and hyphens that do not show are all gmail.com to the DNS: what is one mailbox must
    be one address wherever we count or remember addresses.
    """
    local, _at, domain = ascii_address(address).rpartition("@")
    try:
        return f"{local}@{domain.encode().decode('idna').lower()}"
    except UnicodeError:
        return f"{local}@{domain.lower()}"


def feedback_sender() -> str:
    """Return the constant last field of Feedback-ID: 5 to 15 letters of our mail domain."""
    return f"{re.sub(r'[^A-Za-z0-9]', '', settings.MAIL_DOMAIN)[:15]:x<5}"


def _plain(name: str, values: Mapping[str, Any]) -> str:
    template = Engine.get_default().get_template(name)
    return template.render(Context(values, autoescape=False))
