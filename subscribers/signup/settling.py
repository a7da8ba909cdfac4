"""A worker looks at what was asked and decides which letter goes out, if any."""

from __future__ import annotations

import datetime as dt
import logging

from django.db import DatabaseError, transaction
from django.db.models import Q

from subscribers import letters, throttle
from subscribers.models import Ask, ConsentRecord, Notice, Subscriber, Suppression, normalise_address

logger = logging.getLogger(__name__)

# What one run takes on; the next run is ten seconds away.
_BATCH = 500
_State = Subscriber.State
# The letter that answers a sign-up, by the state of the address; a state that is missing here gets silence.
_ANSWERS = {
    _State.PENDING: Notice.Kind.CONFIRM,
    _State.UNSUBSCRIBED: Notice.Kind.CONFIRM,
    _State.UNREACHABLE: Notice.Kind.CONFIRM,
    _State.ACTIVE: Notice.Kind.ALREADY,
    _State.PAUSED: Notice.Kind.ALREADY,
}
_HAS_PREFERENCES = {_State.ACTIVE, _State.PAUSED}


def settle(*, now: dt.datetime) -> int:
    """Decide on every waiting ask; return how many addresses were looked at."""
    keys = list(Ask.objects.waiting().values_list("limit_key", flat=True)[:_BATCH])
    for key in dict.fromkeys(keys):
        try:
            with transaction.atomic():
                _settle_address(key, now=now)
        except DatabaseError:  # somebody else wrote the same reader just now: the next run sees it
            logger.exception("an address could not be settled")
    return len(set(keys))


def _settle_address(key: str, *, now: dt.datetime) -> None:
    """Decide on all waiting asks of one address together, so that two workers cannot write two letters."""
    recent = Ask.objects.filter(Q(settled_at=None) | Q(created_at__gte=now - throttle.WEEK), limit_key=key)
    asks = list(recent.exclude(form=Ask.MOVE).select_for_update().order_by("id"))
    sent = sorted(ask.settled_at for ask in asks if ask.had_letter and ask.settled_at)
    for ask in asks:
        if ask.settled_at is not None:
            continue
        if not throttle.allows_letter(sent, is_repeat=ask.is_repeat, now=now):
            ask.settle(Ask.Outcome.LIMIT, subscriber=Subscriber.objects.with_address(ask.email), now=now)
        elif _answer(ask, now=now):
            sent.append(now)


def _answer(ask: Ask, *, now: dt.datetime) -> bool:
    """Write the letter that fits; False for an address that gets none."""
    reader = Subscriber.objects.with_address(ask.email)
    kind = _letter_for(ask, reader)
    if kind is None:
        ask.settle(Ask.Outcome.SILENCE, subscriber=reader, now=now)
        return False
    reader = reader or Subscriber.objects.create(email=normalise_address(ask.email), language=ask.language)
    is_question = kind == Notice.Kind.CONFIRM
    ask.settle(Ask.Outcome.LETTER if is_question else Ask.Outcome.KNOWN, subscriber=reader, now=now)
    if is_question:
        said = {"wording": ask.wording, "language": ask.language}
        ConsentRecord.of(reader, ConsentRecord.Action.ASKED, form=ask.form, at=ask.created_at, **said).save()
    letters.write(reader, kind, details={"ask": ask.pk}, now=now)
    return True


def _letter_for(ask: Ask, reader: Subscriber | None) -> Notice.Kind | None:
    if ask.kind == Ask.Kind.MANAGE:
        return Notice.Kind.MANAGE if reader and reader.state in _HAS_PREFERENCES else None
    if Suppression.forbids(ask.email):
        return None
    return _ANSWERS.get(_State(reader.state)) if reader else Notice.Kind.CONFIRM
