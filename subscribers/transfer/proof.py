"""The consent ledger as a table: the proof that an authority or a provider may ask for."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import QuerySet

from subscribers.models import ConsentRecord

from .leaving import as_csv

_COLUMNS = ["at", "email", "address_hash", "purpose", "action", "form", "language", "wording"]


def consents(records: QuerySet[ConsentRecord]) -> Iterator[str]:
    """Return the records as CSV text, oldest first; the address is empty where the reader was deleted."""
    found = records.select_related("subscriber").order_by("at", "pk").iterator(2000)
    return as_csv(_COLUMNS, map(_cells, found))


def _cells(record: ConsentRecord) -> list[str]:
    email = record.subscriber.email if record.subscriber else ""
    return [record.at.isoformat(), email, *(getattr(record, column) for column in _COLUMNS[2:])]
