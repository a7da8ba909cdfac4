"""Many rows into one table: what `bulk_create` does, without its questions to each field of each row.

Nearly all columns are text or numbers that are saved as they stand; asking Django for each of them how it is saved was
a third of the processor time of an import.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from json.encoder import encode_basestring_ascii
from operator import attrgetter
from typing import Any

from django.db import connection, models
from django.db.models.base import ModelState

from papers.ahead import Study
from papers.models import Paper
from papers.search.index import COLUMNS, learn_together

Row = Sequence[Any]


@contextmanager
def in_bulk() -> Iterator[None]:
    """Let the database gather many batches before it waits for the disk; an import that breaks is begun again.

    Measured: with its usual 4 MB SQLite moved every batch by itself from its log into the file and waited for the disk
    half of the time.
    """
    usual, gathering = _PACES.get(connection.vendor, ((), ()))
    for statement in gathering:
        _execute(statement)
    try:
        yield
    finally:
        for statement in usual:
            _execute(statement)


_PACES = {
    "sqlite": (
        ("PRAGMA wal_autocheckpoint = 1000", "PRAGMA cache_size = -2000"),
        ("PRAGMA wal_autocheckpoint = 32768", "PRAGMA cache_size = -131072"),  # pages of 4 kB, kB
    ),
}


def commit_lightly() -> None:
    """Let the commit of this transaction not wait for the disk; the next one that waits makes it durable too.

    For this transaction and no session: behind a pooler the session is another's a moment later, and there it may
    write down which letters leave.
    """
    if connection.vendor == "postgresql":
        _execute("SET LOCAL synchronous_commit TO off")


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def blank_paper(*, featured_on: dt.date, is_sample: bool) -> Paper:
    """Return what `Paper(…)` returns, at a tenth of its cost: an archive makes thousands of them a second."""
    paper = Paper.__new__(Paper)
    lists: dict[str, Any] = {"authors": [], "categories": [], "keywords": []}
    vars(paper).update(_blank(), _state=ModelState(), featured_on=featured_on, is_sample=is_sample, **lists)
    return paper


@lru_cache(maxsize=1)
def _blank() -> dict[str, Any]:
    return vars(Paper())


def ids_by(column: str, values: Collection[str]) -> set[int]:
    """Return the ids of papers whose `column`, one of our own names, holds one of the values."""
    if not values:
        return set()
    some = "= ANY(%s)" if connection.vendor == "postgresql" else "IN (SELECT value FROM json_each(%s))"
    with connection.cursor() as cursor:
        asked = list(values) if connection.vendor == "postgresql" else json.dumps(list(values))
        cursor.execute(f"SELECT id FROM papers_paper WHERE {column} {some}", [asked])  # noqa: S608
        return {pk for (pk,) in cursor.fetchall()}


def insert_papers(papers: Sequence[Paper], study: Study) -> None:
    """Write new papers, their times set by the caller, and give each its id."""
    if not papers:
        return
    names = [field.attname for field in Paper._meta.concrete_fields]
    for paper, pk in zip(papers, _draw(len(papers)), strict=True):
        paper.pk = pk
        paper._state.adding, paper._state.db = False, connection.alias
    rows: Iterable[Row] = map(attrgetter(*names), papers)
    if connection.vendor == "postgresql":
        vectors = (study.vectors(paper.title, paper.authors, paper.abstract) or (None, None) for paper in papers)
        insert(Paper, names, ((*row, *two) for row, two in zip(rows, vectors, strict=True)), more=COLUMNS)
        return
    with learn_together(connection, papers[0].pk, papers[-1].pk):
        insert(Paper, names, rows)


def _draw(count: int) -> Sequence[int]:
    """Return ids that nobody else gets. SQLite has one writer at a time, and we are it: the transaction has begun."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = 'papers_paper'")
            last = (cursor.fetchone() or (0,))[0]
            return range(last + 1, last + 1 + count)
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('papers_paper', 'id')) FROM generate_series(1, %s)", [count]
        )
        return [pk for (pk,) in cursor.fetchall()]


def insert(model: type[models.Model], names: Sequence[str], rows: Iterable[Row], *, more: Sequence[str] = ()) -> None:
    """Write `rows`, values in the order of the attributes `names` and of columns that the model does not know.

    Nothing is looked up, checked or filled in: the database's own constraints are what refuses a row.
    """
    form = _Form.of(model, names, more)
    # All of them before COPY begins: rows that ask the database for something would wait for ever on its connection.
    saved = list(map(form.saved, rows))
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            # Names of our own models, quoted; every value is a parameter.
            marks = ", ".join(["%s"] * (len(names) + len(more)))
            cursor.executemany(f"INSERT INTO {form.table} ({form.columns}) VALUES ({marks})", saved)  # noqa: S608
            return
        # New words wait in a list for the search index; one that holds several batches is sorted in with less work.
        cursor.execute("SET LOCAL gin_pending_list_limit = '32MB'")
        # Django passes COPY through as it is: what the database refuses would not be known by Django's names for it.
        with connection.wrap_database_errors, cursor.copy(f"COPY {form.table} ({form.columns}) FROM STDIN") as copy:
            for row in saved:
                copy.write_row(row)


@dataclass(frozen=True, slots=True)
class _Form:
    """How values of some columns are written: quoted names, and what must be changed on its way into the database."""

    table: str
    columns: str
    savers: tuple[tuple[int, Callable[[Any], Any]], ...]

    @classmethod
    def of(cls, model: type[models.Model], names: Sequence[str], more: Sequence[str]) -> _Form:
        by_name = {field.attname: field for field in model._meta.concrete_fields}
        fields = [by_name[name] for name in names]
        quote = connection.ops.quote_name
        columns = ", ".join(quote(str(column)) for column in [*(field.column for field in fields), *more])
        savers = ((place, saver) for place, field in enumerate(fields) if (saver := _saver(field)))
        return cls(quote(model._meta.db_table), columns, tuple(savers))

    def saved(self, row: Row) -> list[Any]:
        values = list(row)
        for place, save in self.savers:
            values[place] = save(values[place])
        return values


def _saver(field: Any) -> Callable[[Any], Any] | None:
    """Return how a value of the field becomes one of the database; None for text and numbers, which are one."""
    if isinstance(field, models.JSONField):
        return _json
    if isinstance(field, models.DateTimeField):
        return lru_cache(maxsize=1)(connection.ops.adapt_datetimefield_value)
    return connection.ops.adapt_datefield_value if isinstance(field, models.DateField) else None


def _json(value: Any) -> str:
    """Return what json.dumps does, which builds an encoder for each list: of names and keywords that was most of it."""
    if isinstance(value, list) and all(isinstance(text, str) for text in value):
        return f"[{', '.join(map(encode_basestring_ascii, value))}]"
    return json.dumps(value)
