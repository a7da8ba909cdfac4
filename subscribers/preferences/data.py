"""What we hold about a reader: all of it handed out, or all of it gone."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import models, transaction
from django.db.models import Q

from subscribers.models import Ask, ConsentRecord, Notice, Subscriber, Suppression, hash_address

# Names of ours that say nothing about the reader.
_INTERNAL = {"id", "subscriber_id", "lease_owner", "lease_until", "claim_no"}
# Whether a letter went to an address that a reader wished to move to says whether somebody else reads there.
_OF_OTHERS: dict[type[models.Model], Q] = {Notice: Q(kind=Notice.Kind.ADDRESS_NEW)}


def everything_about(reader: Subscriber) -> dict[str, Any]:
    """Return every column and every row that hangs on the reader, ready for JSON.

    The relations are asked of Django, so that a table added later is in it too. What we know of the address alone
    belongs to its owner: consents of before they deleted themselves and came again, and why no letter may go there.
    """
    told = _row(reader)
    for relation in Subscriber._meta.related_objects:
        rows = relation.related_model._default_manager.filter(**{relation.field.name: reader}).order_by("pk")
        rows = rows.exclude(_OF_OTHERS.get(rows.model, Q(pk=None)))
        keys = [each.name for each in rows.model._meta.concrete_fields if each.is_relation]
        told[relation.get_accessor_name() or relation.name] = [_row(row) for row in rows.select_related(*keys)]
    address = hash_address(reader.email)
    told["consents"] += map(_row, ConsentRecord.objects.filter(address_hash=address, subscriber=None))
    told["suppressions"] = [_row(row) for row in Suppression.objects.filter(address_hash=address)]
    return told


@transaction.atomic
def forget(reader: Subscriber, *, now: dt.datetime) -> None:
    """Delete the reader and what hangs on them. The keyed hash of the address stays: no import brings it back.

    A row that stays for the accounts, without a name, loses what its model says is `OF_ITS_READER`.
    """
    Suppression.remember(reader.email, Suppression.Reason.DELETED, now=now)
    for relation in Subscriber._meta.related_objects:
        if emptied := getattr(relation.related_model, "OF_ITS_READER", None):
            relation.related_model._default_manager.filter(**{relation.field.name: reader}).update(**emptied)
    # Of an ask that came to nothing nobody knows whose it was, but by the address.
    Ask.objects.filter(email__iexact=reader.email, subscriber=None).delete()
    reader.delete()


def _row(row: models.Model) -> dict[str, Any]:
    return {
        each.name: _plain(getattr(row, each.name))
        for each in row._meta.concrete_fields
        if each.attname not in _INTERNAL
    }


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float | list | dict):
        return value
    if isinstance(value, dt.date):  # a datetime is one too
        return value.isoformat()
    return str(value)
