"""Account letters: written as rows in the request, made and handed over by a worker."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import Min, Q

from mail.letter import Letter, compose
from mail.links import absolute, reverse
from mail.transport import Kind, Outcome, deliver
from subscribers import tokens
from subscribers.models import Ask, Notice, Subscriber

logger = logging.getLogger(__name__)

_BATCH = 200
# Longer than any hand-over takes. A worker that died leaves its letters to the next; one may then come twice, which
# for a confirmation is better than never.
_LEASE = dt.timedelta(minutes=5)
_State = Subscriber.State
# Who may get each letter by the time it leaves; a confirmation may go to anybody who did not complain.
_READERS = frozenset({_State.ACTIVE, _State.PAUSED})
_ALL_BUT_COMPLAINED = frozenset(_State) - {_State.COMPLAINED}
_MAY_GET = {
    Notice.Kind.ALREADY: _READERS,
    Notice.Kind.WELCOME: _READERS,
    Notice.Kind.MANAGE: _READERS,
    # Whoever is unreachable comes back this way.
    Notice.Kind.ADDRESS_NEW: _READERS | {_State.UNREACHABLE},
    Notice.Kind.ADDRESS_OLD: _READERS,
    Notice.Kind.MISS_YOU: frozenset({_State.ACTIVE}),
}
# The one action of each letter: its page, what its link may do, and which of the details it is about ("": the reader).
_LINKS = {
    Notice.Kind.CONFIRM: ("confirm", tokens.Purpose.CONFIRM, "ask"),
    Notice.Kind.ALREADY: ("manage", tokens.Purpose.MANAGE, ""),
    Notice.Kind.WELCOME: ("manage", tokens.Purpose.MANAGE, ""),
    Notice.Kind.MANAGE: ("manage", tokens.Purpose.MANAGE, ""),
    Notice.Kind.ADDRESS_NEW: ("new_address", tokens.Purpose.ADDRESS, "change"),
    Notice.Kind.ADDRESS_OLD: ("new_address", tokens.Purpose.ADDRESS, "change"),
    Notice.Kind.MISS_YOU: ("stay", tokens.Purpose.MANAGE, ""),
}


def write(reader: Subscriber, kind: Notice.Kind, *, now: dt.datetime, details: dict[str, Any] | None = None) -> Notice:
    """Write down that a letter of this kind is to leave."""
    return Notice.objects.create(subscriber=reader, kind=kind, details=details or {}, not_before=now)


def send(*, now: dt.datetime) -> int:
    """Hand over the letters that wait; return how many left. Safe to run in several places at once."""
    sent = 0
    claimed = {str(notice.pk): notice for notice in _claim(now=now)}
    for outcome in deliver(_letters(claimed.values(), now=now), is_urgent=True):
        notice = claimed[outcome.key]
        _note(notice, outcome, now=now)
        sent += outcome.kind == Kind.ACCEPTED
    return sent


def waited_for_since(*, now: dt.datetime) -> dt.datetime | None:
    """Return since when somebody waits for an account letter, asked for or written; None when nobody does.

    A letter that its reader's host put off waits from its next try: that is no trouble of ours.
    """
    pending, sending = Q(state=Notice.State.PENDING), Q(state=Notice.State.SENDING)
    untried = Notice.objects.filter((pending & Q(attempts=0)) | (sending & Q(attempts=1)))
    again = Notice.objects.filter(pending, attempts__gt=0, not_before__lte=now)
    times = [
        Ask.objects.filter(settled_at=None).aggregate(at=Min("created_at"))["at"],
        untried.aggregate(at=Min("created_at"))["at"],
        again.aggregate(at=Min("not_before"))["at"],
    ]
    return min((at for at in times if at), default=None)


def _claim(*, now: dt.datetime) -> list[Notice]:
    """Take what is due, and what a dead worker left; each row falls to one taker."""
    waiting = Q(state=Notice.State.PENDING, not_before__lte=now)
    left = Q(state=Notice.State.SENDING, lease_until__lt=now)
    Notice.objects.filter(left, attempts__gte=Notice.MOST_ATTEMPTS).update(
        state=Notice.State.FAILED, reason="given up: no answer in 8 tries", lease_until=None
    )
    found = Notice.objects.filter(waiting | left).order_by("id").select_related("subscriber")[:_BATCH]
    return [notice for notice in found if notice.claim(until=now + _LEASE)]


def _letters(notices: Iterable[Notice], *, now: dt.datetime) -> Iterator[Letter]:
    for notice in notices:
        try:
            letter = _letter(notice, now=now) if _is_still_wanted(notice) else None
        except Exception as error:  # one letter that cannot be made must not hold up the others
            logger.exception("notice %s cannot be made", notice.pk)
            notice.mark_failed(f"cannot be made: {type(error).__name__}")
        else:
            if letter:
                yield letter


def _is_still_wanted(notice: Notice) -> bool:
    """Look once more, right before it leaves: whoever left since it was written gets no letter, of whatever kind."""
    reader = notice.subscriber
    reader.refresh_from_db(fields=["state", "left_at"])
    has_left_since = reader.state == _State.UNSUBSCRIBED and reader.left_at and notice.created_at <= reader.left_at
    is_wanted = not has_left_since and reader.state in _MAY_GET.get(Notice.Kind(notice.kind), _ALL_BUT_COMPLAINED)
    if not is_wanted:
        notice.mark_failed("the reader's state changed before it left")
    return is_wanted


def _letter(notice: Notice, *, now: dt.datetime) -> Letter:
    reader = notice.subscriber
    return compose(
        notice.kind,
        key=str(notice.pk),
        to=notice.details.get("to", reader.email),
        context={"link": _link(notice, now=now), "reader": reader},
        language=reader.language,
    )


def _note(notice: Notice, outcome: Outcome, *, now: dt.datetime) -> None:
    """Write down how it went. Doubt is tried again: two confirmations are better than none."""
    if outcome.kind == Kind.ACCEPTED:
        notice.mark_sent(now=now)
    elif outcome.kind == Kind.REFUSED and not outcome.is_transport:
        notice.mark_failed(f"refused: {outcome.code} {outcome.enhanced}".strip())
    else:
        notice.put_back(now=now, is_our_fault=outcome.is_transport, retry_after=outcome.retry_after)


def _link(notice: Notice, *, now: dt.datetime) -> str:
    page, purpose, subject = _LINKS[Notice.Kind(notice.kind)]
    reader = notice.subscriber
    token = tokens.sign(purpose, notice.details[subject], now=now) if subject else reader.token(purpose, now=now)
    return absolute(reverse(page, args=[token]))
