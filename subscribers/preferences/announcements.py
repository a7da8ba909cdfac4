"""Agreeing, or not, to letters that the editor writes by hand: apart from the digest, and never needed for it."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from subscribers.models import ConsentRecord, Subscriber


def announcements_wording() -> str:
    """Return the text that stands beside the box or button, kept with the answer."""
    return _("The editor may also send me an announcement now and then: an event, a call for papers, news of ours.")


@transaction.atomic
def agree_to_announcements(
    reader: Subscriber, granted: bool, *, form: str, wording: str = "", now: dt.datetime
) -> bool:
    """Keep the answer and the text that stood beside it; False when nothing has changed."""
    since = now if granted else None
    if not Subscriber.objects.filter(pk=reader.pk, announcements_since__isnull=granted).update(
        announcements_since=since
    ):
        return False
    reader.announcements_since = since
    action = ConsentRecord.Action.GIVEN if granted else ConsentRecord.Action.WITHDRAWN
    purpose = ConsentRecord.Purpose.ANNOUNCEMENTS
    ConsentRecord.of(reader, action, form=form, at=now, purpose=purpose, wording=wording).save()
    return True
