"""Leaving, and coming back from it. Each change of mind is written into the consent ledger."""

from __future__ import annotations

import datetime as dt
import re

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from subscribers import tokens
from subscribers.models import ConsentRecord, Subscriber
from subscribers.preferences import agree_to_announcements

# What a reader may answer to "why": stored by key, shown in admin.
REASONS = {
    "too_many": _("Too many letters"),
    "not_relevant": _("The papers did not fit"),
    "no_time": _("No time to read them"),
    "elsewhere": _("I get them somewhere else"),
    "never_asked": _("I never asked for this"),
}
_WEEKS_OF_PAUSE = 4
_TOKEN = re.compile(r"[A-Za-z0-9_-]{44}")


def leave(reader: Subscriber, *, by: str, now: dt.datetime, reason: str = "") -> bool:
    """Stop all mail at once; `by` names the way ("page", "one_click", "mail"). False when it had stopped before."""
    with transaction.atomic():
        left = reader.leave(now=now, reason=reason)
        if left:
            ConsentRecord.of(reader, ConsentRecord.Action.WITHDRAWN, form=by, at=now).save()
    return left


def complain(reader: Subscriber, *, now: dt.datetime) -> bool:
    """Stop all mail for good: the reader called it spam, and has so taken the consent back."""
    with transaction.atomic():
        complained = reader.mark_complained(now=now)
        if complained:
            ConsentRecord.of(reader, ConsentRecord.Action.WITHDRAWN, form="complaint", at=now).save()
    return complained


def undo(reader: Subscriber, *, now: dt.datetime) -> bool:
    """Take the leave back, with everything as it was."""
    with transaction.atomic():
        returned = reader.undo_leave(now=now)
        if returned:
            ConsentRecord.of(reader, ConsentRecord.Action.GIVEN, form="undo", at=now).save()
    return returned


def say_why(reader: Subscriber, reason: str) -> None:
    """Keep the reason that somebody who left wants to give; a reason we do not know is dropped."""
    if reason in REASONS:
        reader.say_why(reason)


def rest(reader: Subscriber, *, now: dt.datetime) -> bool:
    """Pause for four weeks: an unsubscribe link may ask for less mail, never for more."""
    return reader.pause(until=(now + dt.timedelta(weeks=_WEEKS_OF_PAUSE)).date(), now=now)


def fewer(reader: Subscriber, *, now: dt.datetime) -> bool:
    """Send one digest a week instead."""
    return reader.slow_down(now=now)


def only_digests(reader: Subscriber, *, now: dt.datetime) -> bool:
    """Send no more announcements."""
    return agree_to_announcements(reader, False, form="page", now=now)


def leave_by_mail(*places: str, now: dt.datetime) -> bool:
    """Act on a letter to the unsubscribe address: its token stands in the recipient, the subject or the body.

    Return whether a token of ours was found. No letter answers: none comes after somebody left.
    """
    for token in _TOKEN.findall("\n".join(places)):
        try:
            reader = Subscriber.objects.of_link(tokens.Purpose.UNSUBSCRIBE, token, now=now)
        except (tokens.BadToken, Subscriber.DoesNotExist):
            continue
        leave(reader, by="mail", now=now)
        return True
    return False
