"""Moving a subscription to another address: proved at the new one, told to the old one."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from subscribers import letters, throttle
from subscribers.models import AddressChange, Notice, Subscriber, Suppression, hash_address

# A stranger's inbox must not be filled by way of this form.
_MOST_A_DAY = 6


def ask_address(reader: Subscriber, email: str, *, now: dt.datetime) -> None:
    """Write the wish down, and a letter to the new address if it may have one.

    The wish is written and counted for an address that is taken too: what the reader sees, at once or in the file of
    their data, tells nobody who else reads the newsletter.
    """
    if _is_tired(reader, email, now=now):
        return
    with transaction.atomic():
        throttle.note_move(email, language=reader.language, now=now)
        asked = _write(reader, email, now=now)
        if not _is_taken(reader, email):
            _tell(reader, Notice.Kind.ADDRESS_NEW, email, asked, now=now)


@transaction.atomic
def confirm_address(asked: AddressChange, *, now: dt.datetime) -> bool:
    """Move the subscription; False when it is too late: used, overtaken by a newer move or a leave, another reader's.

    The old address is told, with a link that takes the subscription back: a move of its own.
    """
    reader = asked.subscriber
    if (
        not reader.may_move
        or asked.is_overtaken()
        or _is_taken(reader, asked.email)
        or not asked.mark_confirmed(now=now)
    ):
        return False
    old = reader.email
    reader.move_to(asked.email, now=now)
    way_back = _write(reader, old, now=now)
    _tell(reader, Notice.Kind.ADDRESS_OLD, old, way_back, now=now)
    return True


def _write(reader: Subscriber, email: str, *, now: dt.datetime) -> AddressChange:
    return AddressChange.objects.create(subscriber=reader, email=email, address_hash=hash_address(email), asked_at=now)


def _tell(reader: Subscriber, kind: Notice.Kind, email: str, asked: AddressChange, *, now: dt.datetime) -> None:
    letters.write(reader, kind, now=now, details={"to": email, "change": asked.pk})


def _is_tired(reader: Subscriber, email: str, *, now: dt.datetime) -> bool:
    recent = AddressChange.objects.filter(asked_at__gt=now - dt.timedelta(days=1))
    if recent.filter(address_hash=hash_address(email), confirmed_at=None).exists():
        return True
    return not throttle.allows_move(email, now=now) or recent.filter(subscriber=reader).count() >= _MOST_A_DAY


def _is_taken(reader: Subscriber, email: str) -> bool:
    return Subscriber.objects.with_address(email) not in (None, reader) or Suppression.forbids(email)
