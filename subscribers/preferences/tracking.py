"""Agreeing, or not, to be learned from: apart from the subscription, and never needed for it."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from subscribers.models import ConsentRecord, Subscriber


@transaction.atomic
def agree_to_tracking(reader: Subscriber, granted: bool, *, wording: str, now: dt.datetime) -> None:
    """Keep the answer and the text that stood beside the button."""
    reader.tracking = Subscriber.Consent.GRANTED if granted else Subscriber.Consent.DENIED
    reader.save(update_fields=["tracking"])
    action = ConsentRecord.Action.GIVEN if granted else ConsentRecord.Action.WITHDRAWN
    purpose = ConsentRecord.Purpose.TRACKING
    ConsentRecord.of(reader, action, form="preferences", at=now, purpose=purpose, wording=wording).save()
