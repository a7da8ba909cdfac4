"""Many rows into one table: what `bulk_create` does, without its questions to each field of each row.

Nearly all columns are text or numbers that are saved as they stand; asking Django for each of them how it is saved was
a third of the processor time of an import.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from operator import attrgetter
from typing import Any

from django.db import connection, models

from papers.models import Paper

Row = Sequence[Any]
# PostgreSQL has no limit here; longer statements are no faster.
MOST_VALUES = 4_000


def insert_papers(papers: Sequence[Paper]) -> None:
    """Write new papers, their times set by the caller, and give each its id."""
    fields = [field for field in Paper._meta.concrete_fields if not field.primary_key]
    values = attrgetter(*(field.attname for field in fields))
    names = [field.attname for field in fields]
    ids = insert(Paper, names, map(values, papers), then="RETURNING id")
    for paper, (pk,) in zip(papers, ids, strict=True):
        paper.pk = pk
        paper._state.adding, paper._state.db = False, connection.alias


def insert(model: type[models.Model], names: Sequence[str], rows: Iterable[Row], *, then: str = "") -> list[Row]:
    """Write `rows`, values in the order of the attributes `names`; return what a `then` of RETURNING gives back.

    Nothing is looked up, checked or filled in: the database's own constraints are what refuses a row.
    """
    by_name = {field.attname: field for field in model._meta.concrete_fields}
    fields = [by_name[name] for name in names]
    savers = [(place, saver) for place, field in enumerate(fields) if (saver := _saver(field))]
    quote = connection.ops.quote_name
    columns = ", ".join(quote(str(field.column)) for field in fields)
    # Names of our own models, quoted; every value is a parameter.
    head = f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES "  # noqa: S608
    one = f"({', '.join(['%s'] * len(fields))})"
    size = (connection.features.max_query_params or MOST_VALUES) // len(fields)
    back: list[Row] = []
    with connection.cursor() as cursor:
        for part in _parts(iter(rows), size):
            values: list[Any] = []
            for row in part:
                saved = list(row)
                for place, save in savers:
                    saved[place] = save(saved[place])
                values += saved
            cursor.execute(f"{head}{', '.join([one] * len(part))} {then}", values)
            if then.startswith("RETURNING"):
                back += cursor.fetchall()
    return back


def _parts(rows: Iterator[Row], size: int) -> Iterator[list[Row]]:
    while part := list(islice(rows, size)):
        yield part


def _saver(field: Any) -> Callable[[Any], Any] | None:
    """Return how a value of the field becomes one of the database; None for text and numbers, which are one."""
    adapt = connection.ops
    if isinstance(field, models.JSONField):
        return lambda value: adapt.adapt_json_value(value, field.encoder)
    if isinstance(field, models.DateTimeField):
        return lru_cache(maxsize=1)(adapt.adapt_datetimefield_value)
    return adapt.adapt_datefield_value if isinstance(field, models.DateField) else None
