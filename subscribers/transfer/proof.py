"""The consent ledger as a table: the proof that an authority or a provider may ask for."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from django.db.models import QuerySet

from subscribers.models import ConsentRecord

from .leaving import safe_cell

_COLUMNS = ["at", "email", "address_hash", "purpose", "action", "form", "language", "wording"]


def consents(records: QuerySet[ConsentRecord]) -> Iterator[str]:
    """Yield the records as CSV text, oldest first; the address is empty where the reader was deleted."""
    yield _line(_COLUMNS)
    for record in records.select_related("subscriber").order_by("at", "pk").iterator(2000):
        email = record.subscriber.email if record.subscriber else ""
        rest = [getattr(record, column) for column in _COLUMNS[2:]]
        yield _line([record.at.isoformat(), email, *rest])


def _line(cells: list[str]) -> str:
    sheet = io.StringIO()
    csv.writer(sheet).writerow([safe_cell(cell) for cell in cells])
    return sheet.getvalue()
