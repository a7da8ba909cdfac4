"""From an announcement to its rows, a chunk of readers a transaction, like the digests of a day."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import Max

from newsletter.building.rows import Row, insert_digests
from newsletter.models import Announcement, Digest, Edition
from newsletter.models.statement import commit_lightly
from subscribers.models import Subscriber

CHUNK = 1500


def address_announcements(*, now: dt.datetime, limit: int | None = None) -> int:
    """Give a row of each released announcement to whoever asked for them (up to `limit`); return how many got one."""
    addressed = 0
    for announcement in Announcement.objects.to_be_addressed():
        while limit is None or addressed < limit:
            count = _address_some(announcement, now=now)
            if not count:
                break
            addressed += count
    return addressed


@transaction.atomic
def _address_some(announcement: Announcement, *, now: dt.datetime) -> int:
    commit_lightly()
    # A locked edition is in another builder's hands.
    mine = Edition.objects.on_its_way().select_for_update(skip_locked=True, no_key=True)
    edition = mine.filter(announcement=announcement).first()
    if edition is None:
        return 0
    # How far it came stands in the rows themselves: they are made in the order of the readers' numbers.
    last = edition.digests.aggregate(last=Max("subscriber_id"))["last"] or 0
    readers = Subscriber.objects.wanting_announcements().filter(pk__gt=last).order_by("pk")
    ids = list(readers.values_list("pk", flat=True)[:CHUNK])
    at, end = announcement.released_at or now, edition.expires_at
    rows = [Row(pk, "", 0, False, "", Digest.State.PENDING, at, end) for pk in ids]
    inserted = insert_digests(edition, rows, now=now)
    edition.mark_building(candidates=len(rows), excluded=len(rows) - inserted)
    if len(ids) < CHUNK:
        announcement.mark_addressed(now=now)
        edition.mark_ready()
    return len(ids)
