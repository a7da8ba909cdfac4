"""What we hold about a reader: all of it handed out, or all of it gone."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import models, transaction

from subscribers.models import Subscriber, Suppression

# Names of ours that say nothing about the reader.
_INTERNAL = {"id", "subscriber_id", "lease_owner", "lease_until", "claim_no"}


def everything_about(reader: Subscriber) -> dict[str, Any]:
    """Return every column and every row that hangs on the reader, ready for JSON.

    The relations are asked of Django, so that a table added later is in it too.
    """
    told = _row(reader)
    for relation in Subscriber._meta.related_objects:
        rows = relation.related_model._default_manager.filter(**{relation.field.name: reader}).order_by("pk")
        keys = [each.name for each in rows.model._meta.concrete_fields if each.is_relation]
        told[relation.get_accessor_name() or relation.name] = [_row(row) for row in rows.select_related(*keys)]
    return told


@transaction.atomic
def forget(reader: Subscriber, *, now: dt.datetime) -> None:
    """Delete the reader and what hangs on them. The keyed hash of the address stays: no import brings it back."""
    Suppression.remember(reader.email, Suppression.Reason.DELETED, now=now)
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
