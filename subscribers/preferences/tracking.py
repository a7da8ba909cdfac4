"""Agreeing, or not, to be learned from: apart from the subscription, and never needed for it."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from subscribers.models import ConsentRecord, Subscriber, hash_address


@transaction.atomic
def agree_to_tracking(reader: Subscriber, granted: bool, *, wording: str, now: dt.datetime) -> None:
    """Keep the answer and the text that stood beside the button."""
    reader.tracking = Subscriber.Consent.GRANTED if granted else Subscriber.Consent.DENIED
    reader.save(update_fields=["tracking"])
    ConsentRecord.objects.create(
        subscriber=reader,
        address_hash=hash_address(reader.email),
        purpose=ConsentRecord.Purpose.TRACKING,
        action=ConsentRecord.Action.GIVEN if granted else ConsentRecord.Action.WITHDRAWN,
        form="preferences",
        wording=wording,
        language=reader.language,
        at=now,
    )
