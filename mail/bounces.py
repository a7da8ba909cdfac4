"""Reading what comes back for a letter: reply codes, bounce messages (RFC 3464) and complaints (RFC 5965).

Everything ends in one Verdict. The RFC 3463 code speaks first, then the words, then the SMTP code, then a provider's
label; a refusal for our reputation is never the reader's fault. A bounce message can be forged by anybody, so it counts
only when it came to an address that we signed.
"""

from __future__ import annotations

import email
import enum
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.message import EmailMessage, Message
from email.policy import EmailPolicy
from email.utils import getaddresses
from itertools import islice
from typing import Any, cast

from mail.returning import read_return_address

# Anybody may write to the return address, and each of these is looked at before it shows who wrote.
_MOST_PARTS = 50
_MOST_CLAIMS = 50
_MOST_ADDRESSES = 50
LARGEST_MESSAGE = 1_000_000  # bytes: a bounce carries a letter of ours at most
_LONGEST_HEADER = 2_000  # characters: the standard library takes minutes for a hundred thousand
_LONGEST_WORDS = 2_000
_ENHANCED = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_CODE = re.compile(r"(?<![\d.])([45]\d\d)(?![\d.])")


class Verdict(enum.StrEnum):
    """Whose fault a refusal is, and so what follows from it."""

    HARD = "hard"  # the mailbox is not there: write no more
    SOFT = "soft"  # not now: count it
    POLICY = "policy"  # we are not welcome: tell the operator, never blame the reader
    CONTENT = "content"  # this letter is not welcome


# By class.subject.detail, the most exact first; None stands for any.
_BY_CODE: tuple[tuple[str, str, frozenset[str] | None, Verdict], ...] = (
    ("5", "1", frozenset({"0", "1", "2", "3", "6", "10"}), Verdict.HARD),
    ("5", "2", frozenset({"1"}), Verdict.HARD),  # disabled
    ("5", "1", frozenset({"7", "8", "9"}), Verdict.POLICY),  # our own address is at fault
    ("5", "3", frozenset({"4"}), Verdict.CONTENT),  # too big
    ("5", "6", None, Verdict.CONTENT),
    ("5", "7", None, Verdict.POLICY),
    ("4", "7", None, Verdict.POLICY),
    ("5", "5", None, Verdict.POLICY),  # a wrong command: ours
    ("4", "0", None, Verdict.SOFT),
    ("4", "1", None, Verdict.SOFT),
    ("4", "2", None, Verdict.SOFT),
    ("4", "3", None, Verdict.SOFT),
    ("4", "4", None, Verdict.SOFT),
    ("4", "5", None, Verdict.SOFT),
    ("4", "6", None, Verdict.CONTENT),
    ("5", "1", None, Verdict.SOFT),
    ("5", "2", None, Verdict.SOFT),  # full, and so on
    ("5", "3", None, Verdict.SOFT),
    ("5", "4", None, Verdict.SOFT),  # no route: a wrong name server today, there again tomorrow
)
# For the servers that give no code, or the empty one 5.0.0.
_BY_WORDS: tuple[tuple[Verdict, re.Pattern[str]], ...] = (
    (
        Verdict.POLICY,
        re.compile(
            r"spam|block|black ?list|block ?list|deny ?list|listed|reputation|policy|dmarc|dkim|\bspf\b|rate limit"
            r"|throttl|too many|unsolicited|banned|authenticat|relay",
            re.I,
        ),
    ),
    (
        Verdict.SOFT,
        re.compile(r"quota|mailbox (is )?full|over limit|try again|temporar|insufficient|timed? ?out", re.I),
    ),
    (Verdict.CONTENT, re.compile(r"too (big|large)|size limit|virus|malware|attachment|content", re.I)),
    (
        Verdict.HARD,
        re.compile(
            # What parts the words is no part of a word: there is one way to read them, and no text takes long.
            r"(user|recipient|mailbox|account|address|member|domain|host)\W{1,9}([^\s:;,]{1,99}[\s:;,]{1,9}){0,4}?"
            r"(unknown|not (found|exist|known|active)|does ?n.t exist|disabled|invalid|unavailable|not a valid)"
            r"|(no such|unknown|invalid|unrouteable|bad destination) "
            r"(user|recipient|mailbox|account|address|person|host|domain|member)",
            re.I,
        ),
    ),
)
_BY_LABEL: dict[str, Verdict] = {
    "hardbounce": Verdict.HARD,
    "hardbounced": Verdict.HARD,
    "permanent": Verdict.HARD,
    "permanentfailure": Verdict.HARD,
    "invalid": Verdict.HARD,
    "invalidemail": Verdict.HARD,
    "bademailaddress": Verdict.HARD,
    "softbounce": Verdict.SOFT,
    "softbounced": Verdict.SOFT,
    "transient": Verdict.SOFT,
    "timedout": Verdict.SOFT,
    "blocked": Verdict.POLICY,
    "spam": Verdict.POLICY,
    "spamnotification": Verdict.POLICY,
}


def judge(text: str = "", *, code: int = 0, enhanced: str = "", labels: Iterable[str] = ()) -> Verdict:
    """Return whose fault a refusal is, from the reply's RFC 3463 code, its text, its SMTP code and a provider's labels.

    What nobody can read counts as soft: it takes many to lose a reader, and one clear word to keep one.
    """
    found = _ENHANCED.search(enhanced) or _ENHANCED.search(text)
    if found and (verdict := _by_code(*found.groups())):
        return verdict
    for verdict, words in _BY_WORDS:
        if words.search(text[:_LONGEST_WORDS]):
            return verdict
    if not found and (code or _CODE.search(text)):
        return Verdict.SOFT
    for label in labels:
        verdict = _BY_LABEL.get(re.sub(r"[^a-z]", "", label.lower()), Verdict.SOFT)
        if verdict != Verdict.SOFT:
            return verdict
    return Verdict.SOFT


def _by_code(kind: str, subject: str, detail: str) -> Verdict | None:
    for a_kind, a_subject, details, verdict in _BY_CODE:
        if (kind, subject) == (a_kind, a_subject) and (details is None or detail in details):
            return verdict
    return None


# --- Messages -----------------------------------------------------------------------------------------------------


class Said(enum.StrEnum):
    """What a message says happened to a letter."""

    BOUNCED = "bounced"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    COMPLAINED = "complained"


@dataclass(frozen=True, slots=True)
class Returned:
    """What one message says of one letter. `key` is the letter's, from the address that the message came to."""

    key: str
    said: Said
    verdict: Verdict | None = None
    status: str = ""
    text: str = ""
    recipient: str = ""


class _Brief(EmailPolicy):
    """Reads as the default does, the beginning of each header."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, Any]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[:_LONGEST_HEADER]


_BRIEF = _Brief()


def parsed(raw: bytes) -> EmailMessage:
    """Return the message that begins so, as far as any message to us need be read."""
    return cast(EmailMessage, email.message_from_bytes(raw[:LARGEST_MESSAGE], policy=_BRIEF))


def read_message(raw: bytes, *, came_to: Iterable[str] = ()) -> list[Returned]:
    """Return what a message to our return address says; nothing for an absence note, a stranger or a forgery.

    `came_to` are the envelope recipients where the mailbox knows them; else the message's own headers say.
    """
    message = parsed(raw)
    addresses = [*came_to, *_addresses(message)][:_MOST_ADDRESSES]
    found = []
    for returned in islice(_claims(message), _MOST_CLAIMS):
        keys = (read_return_address(address, recipient=returned.recipient) for address in addresses)
        key = next(filter(None, keys), None)
        if key is not None:
            found.append(Returned(key, returned.said, returned.verdict, returned.status, returned.text))
    return found


def _addresses(message: Message) -> list[str]:
    names = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "To")
    values = [str(value) for name in names for value in message.get_all(name, [])]
    return [address for _name, address in getaddresses(values)]


def _claims(message: EmailMessage) -> Iterator[Returned]:
    """Yield what the message claims; whether it may is decided by the address it came to."""
    parts = [part for part, _number in zip(message.walk(), range(_MOST_PARTS), strict=False)]
    reports = [part for part in parts if part.get_content_type() == "message/delivery-status"]
    complaints = [part for part in parts if part.get_content_type() == "message/feedback-report"]
    if complaints:
        yield from map(_complaint, complaints)
    elif reports:
        for report in reports:
            yield from _of_report(report)
    elif message["X-Failed-Recipients"]:  # Exim, where it sends no report
        text = _text(parts)
        for recipient in str(message["X-Failed-Recipients"]).split(","):
            yield Returned("", Said.BOUNCED, judge(text), "", discreet_line(text), recipient.strip())


def _of_report(report: Message) -> Iterator[Returned]:
    blocks = report.get_payload()
    for block in cast("list[Message]", blocks) if isinstance(blocks, list) else []:
        action = str(block.get("Action", "")).strip().lower().split(" ")[0]
        said = {"failed": Said.BOUNCED, "delayed": Said.DELAYED, "delivered": Said.DELIVERED}.get(action)
        if said is None:
            continue
        diagnostic, status = str(block.get("Diagnostic-Code", "")), str(block.get("Status", ""))
        # The other side's own words know more than the reporter's summary: "5.0.0" beside "550 5.1.1 no such user".
        best = _ENHANCED.search(diagnostic) or _ENHANCED.search(status)
        enhanced = best.group() if best else ""
        verdict = judge(diagnostic, enhanced=enhanced) if said == Said.BOUNCED else None
        recipient = str(block.get("Original-Recipient") or block.get("Final-Recipient") or "")
        address = recipient.rpartition(";")[2].strip()
        yield Returned("", said, verdict, enhanced, discreet_line(diagnostic), address)


def _complaint(part: Message) -> Returned:
    payload = part.get_payload()
    fields = payload[0] if isinstance(payload, list) and payload else email.message_from_string(str(payload))
    kind = str(cast(Message, fields).get("Feedback-Type", "abuse")).strip().lower()
    recipient = str(cast(Message, fields).get("Original-Rcpt-To", "")).strip(" <>")
    return Returned("", Said.COMPLAINED, None, "", kind[:40], recipient)


def _text(parts: list[EmailMessage]) -> str:
    plain = (part for part in parts if part.get_content_type() == "text/plain")
    part = next(plain, None)
    payload = part.get_payload(decode=True) if part else b""
    return payload.decode("utf-8", "replace")[:4000] if isinstance(payload, bytes) else ""


def discreet_line(text: str) -> str:
    """Return the text on one line without the reader's address, or that of a mailbox behind it."""
    return re.sub(r"\S{1,64}@\S{1,255}", "the reader", " ".join(text[:_LONGEST_WORDS].split()))[:200]
