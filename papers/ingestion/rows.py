"""Many rows into one table: what `bulk_create` does, without its questions to each field of each row.

Nearly all columns are text or numbers that are saved as they stand; asking Django for each of them how it is saved was
a third of the processor time of an import.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from operator import attrgetter
from typing import Any

from django.db import connection, models

from papers.models import Paper

Row = Sequence[Any]
# PostgreSQL has no limit here; longer statements are no faster.
MOST_VALUES = 4_000


@contextmanager
def in_bulk() -> Iterator[None]:
    """Let SQLite gather many batches before it moves them from its log into the file, and wait for the disk seldom.

    Measured: with its usual 4 MB it moved every batch by itself and waited for the disk half of the time.
    """
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_autocheckpoint = 32768")  # pages of 4 kB
        cursor.execute("PRAGMA cache_size = -131072")  # kB
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_autocheckpoint = 1000")
            cursor.execute("PRAGMA cache_size = -2000")


def insert_papers(papers: Sequence[Paper]) -> None:
    """Write new papers, their times set by the caller, and give each its id."""
    fields = [field for field in Paper._meta.concrete_fields if not field.primary_key]
    names = [field.attname for field in fields]
    rows = map(attrgetter(*names), papers)
    if connection.vendor == "postgresql":
        ids = _draw(len(papers))
        _copy(_Form.of(Paper, ["id", *names]), ((pk, *row) for pk, row in zip(ids, rows, strict=True)))
    else:
        ids = [pk for (pk,) in insert(Paper, names, rows, then="RETURNING id")]
    for paper, pk in zip(papers, ids, strict=True):
        paper.pk = pk
        paper._state.adding, paper._state.db = False, connection.alias


def insert(model: type[models.Model], names: Sequence[str], rows: Iterable[Row], *, then: str = "") -> list[Row]:
    """Write `rows`, values in the order of the attributes `names`; return what a `then` of RETURNING gives back.

    Nothing is looked up, checked or filled in: the database's own constraints are what refuses a row.
    """
    form = _Form.of(model, names)
    # Names of our own models, quoted; every value is a parameter.
    head = f"INSERT INTO {form.table} ({form.columns}) VALUES "  # noqa: S608
    one = f"({', '.join(['%s'] * len(names))})"
    size = (connection.features.max_query_params or MOST_VALUES) // len(names)
    back: list[Row] = []
    with connection.cursor() as cursor:
        for part in _parts(map(form.saved, rows), size):
            values = [value for row in part for value in row]
            cursor.execute(f"{head}{', '.join([one] * len(part))} {then}", values)
            if then.startswith("RETURNING"):
                back += cursor.fetchall()
    return back


def _draw(count: int) -> list[int]:
    """Return ids that nobody else gets: COPY gives none back."""
    with connection.cursor() as cursor:
        sequence = connection.ops.quote_name(Paper._meta.db_table)
        cursor.execute("SELECT pg_get_serial_sequence(%s, 'id')", [sequence])
        cursor.execute("SELECT nextval(%s::regclass) FROM generate_series(1, %s)", [*cursor.fetchone(), count])
        return [pk for (pk,) in cursor.fetchall()]


def _copy(form: _Form, rows: Iterable[Row]) -> None:
    """Write rows by PostgreSQL's COPY, which takes them without a statement to parse."""
    with connection.cursor() as cursor:
        # New words wait in a list for the search index; one that holds several batches is sorted in with less work.
        cursor.execute("SET LOCAL gin_pending_list_limit = '32MB'")
        with cursor.copy(f"COPY {form.table} ({form.columns}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(form.saved(row))


@dataclass(frozen=True, slots=True)
class _Form:
    """How values of some columns are written: quoted names, and what must be changed on its way into the database."""

    table: str
    columns: str
    savers: tuple[tuple[int, Callable[[Any], Any]], ...]

    @classmethod
    def of(cls, model: type[models.Model], names: Sequence[str]) -> _Form:
        by_name = {field.attname: field for field in model._meta.concrete_fields}
        fields = [by_name[name] for name in names]
        quote = connection.ops.quote_name
        columns = ", ".join(quote(str(field.column)) for field in fields)
        savers = ((place, saver) for place, field in enumerate(fields) if (saver := _saver(field)))
        return cls(quote(model._meta.db_table), columns, tuple(savers))

    def saved(self, row: Row) -> Row:
        values = list(row)
        for place, save in self.savers:
            values[place] = save(values[place])
        return values


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
