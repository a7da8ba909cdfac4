"""What is written to the addresses that letters come from: bounces, complaints, and the wish to leave."""

from __future__ import annotations

import datetime as dt
import enum
import hashlib
import logging
from collections.abc import Sequence

from django.conf import settings

from mail.bounces import Returned, Said, parsed, read_message
from newsletter import events
from newsletter.models import Event
from subscribers import leaving

_KINDS = {
    Said.BOUNCED: Event.Kind.BOUNCED,
    Said.DELAYED: Event.Kind.DEFERRED,
    Said.DELIVERED: Event.Kind.DELIVERED,
    Said.COMPLAINED: Event.Kind.COMPLAINED,
}
_MOST_CHARACTERS = 20_000
logger = logging.getLogger(__name__)


class Filed(enum.StrEnum):
    """What a message turned out to be."""

    RETURNED = "a bounce or a complaint"
    LEFT = "a wish to leave"
    OTHER = "other mail"


def take_in(raw: bytes, *, came_to: Sequence[str] = (), now: dt.datetime) -> Filed:
    """Act on one message; any number of times ends the same. `came_to` are the envelope recipients, where known."""
    try:
        returned = read_message(raw, came_to=came_to)
        places = _places(raw, came_to) if not returned and _is_wish_to_leave(raw, came_to) else []
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        # The parser of the standard library fails at some broken headers; one such message must not block the rest.
        logger.warning("A message of %d bytes could not be read; it is left as other mail", len(raw))
        return Filed.OTHER
    if returned:
        digest = hashlib.sha256(raw).hexdigest()[:32]
        events.record(
            [_report(one, f"{digest}/{number}", now) for number, one in enumerate(returned)],
            now=now,
        )
        return Filed.RETURNED
    if places and leaving.leave_by_mail(*places, now=now):
        return Filed.LEFT
    return Filed.OTHER


def _report(returned: Returned, part: str, now: dt.datetime) -> events.Report:
    whom = events.whom(returned.key)
    return events.Report(
        kind=_KINDS[returned.said],
        at=now,
        key=events.key_of("mailbox", part),
        verdict=returned.verdict or "",
        detail=f"{returned.status} {returned.text}".strip()[:300],
        digest_id=whom.digest_id,
        subscriber_id=whom.subscriber_id,
    )


def _is_wish_to_leave(raw: bytes, came_to: Sequence[str]) -> bool:
    """Say whether it came to the unsubscribe address, with or without a token behind a plus."""
    local, _at, domain = settings.UNSUBSCRIBE_ADDRESS.lower().rpartition("@")
    message = parsed(raw)
    everywhere = " ".join([*came_to, *(str(message.get(name, "")) for name in ("Delivered-To", "X-Original-To", "To"))])
    return f"{local}@{domain}" in everywhere.lower() or f"{local}+" in everywhere.lower()


def _places(raw: bytes, came_to: Sequence[str]) -> list[str]:
    """Return where the token may stand: the recipient, the subject, the body."""
    message = parsed(raw)
    body = message.get_body(("plain", "html"))
    content = body.get_payload(decode=True) if body is not None else b""
    text = content.decode("utf-8", "replace")[:_MOST_CHARACTERS] if isinstance(content, bytes) else ""
    return [*came_to, str(message.get("To", "")), str(message.get("Subject", "")), text]
