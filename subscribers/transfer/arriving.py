"""Bringing readers from a file: each once, none revived, and a cut-off import goes on where it stopped."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models.functions import Lower

from papers.models import Topic
from subscribers.models import (
    ConsentRecord,
    ImportRun,
    Subscriber,
    Suppression,
    TopicPreference,
    hash_address,
)

from .columns import Layout, Standing, layout_of
from .row import Defaults, Entry, Refused, read_row
from .table import BadTable, Table

# A transaction this long keeps SQLite's one writer for about 0.2 s.
_BATCH = 1000
_STOPPED = frozenset({Subscriber.State.UNSUBSCRIBED, Subscriber.State.UNREACHABLE, Subscriber.State.COMPLAINED})
_REMEMBERED_AS = {
    Standing.LEFT: Suppression.Reason.LEFT,
    Standing.UNREACHABLE: Suppression.Reason.UNREACHABLE,
    Standing.COMPLAINED: Suppression.Reason.COMPLAINED,
    Standing.BLOCKED: Suppression.Reason.EDITOR,
}


class Overtaken(Exception):
    """Another press or process brings this very file at the moment; the record of both is one."""

    def __init__(self) -> None:
        super().__init__("This file is on its way already, in another window or process. What is done is kept.")


# Where it stands, how to read it, and its cells (None: unreadable).
Row = tuple[str, Layout, Mapping[str, str] | None]


@dataclass(slots=True)
class Batch:
    """What some rows amount to."""

    counts: Counter[str] = field(default_factory=Counter)
    rejections: list[list[object]] = field(default_factory=list)
    arrivals: list[Entry] = field(default_factory=list)
    to_remember: list[Entry] = field(default_factory=list)

    def reject(self, where: str, reason: str) -> None:
        self.counts["rejected"] += 1
        self.rejections.append([where, reason])


class Import:
    """One file on its way in. `steps` does the work batch by batch; `preview` only says what it would do."""

    def __init__(self, run: ImportRun, data: bytes) -> None:
        self.run = run
        options = run.options
        self.defaults = Defaults(**options.get("defaults", {}))
        self.tables = Table.all_of(data, name=run.file_name, encoding=options.get("encoding", ""))
        self.layouts = [layout_of(table.name, table.columns, options.get("mapping")) for table in self.tables]
        topics = list(Topic.objects.filter(is_active=True))
        self._topics = {topic.name.casefold(): topic.pk for topic in topics} | {each.slug: each.pk for each in topics}
        self._follow = [self._topics[slug] for slug in options.get("topics", []) if slug in self._topics]
        self.unknown_topics: Counter[str] = Counter()
        self._seen: set[str] = set()

    def count_rows(self) -> int:
        """Return how many rows the file holds."""
        return sum(1 for table in self.tables for _row in table.rows())

    def preview(self, *, most: int | None = None) -> Batch:
        """Return what would come of the rows (the first `most`), and write nothing."""
        total = Batch()
        for rows in self._batches(skip=0, most=most):
            batch = self._sorted(rows, is_trial=True)
            total.counts += batch.counts
            total.rejections += batch.rejections[: 500 - len(total.rejections)]
            total.arrivals += batch.arrivals[: 20 - len(total.arrivals)]
            for entry in batch.arrivals:
                self._weights(entry)
        return total

    def steps(self, *, now: dt.datetime) -> Iterator[ImportRun]:
        """Bring the rows that are not done yet; yield the record after each batch, finished after the last.

        Raise Overtaken as soon as somebody else has brought some of them.
        """
        if not self.run.rows:
            self.run.rows = self.count_rows()
            self.run.save(update_fields=["rows"] if self.run.pk else None)
        for rows in self._batches(skip=self.run.rows_done):
            self._take(rows, now=now)
            yield self.run
        self.run.mark_finished(now=now)
        yield self.run

    def _batches(self, *, skip: int, most: int | None = None) -> Iterator[list[Row]]:
        rows = islice(self._rows(), skip, most)
        while batch := list(islice(rows, _BATCH)):
            yield batch

    def _rows(self) -> Iterator[Row]:
        for table, layout in zip(self.tables, self.layouts, strict=True):
            where = f"{table.name} line " if len(self.tables) > 1 else "line "
            for line, row in table.rows():
                yield f"{where}{line}", layout, row

    def _take(self, rows: list[Row], *, now: dt.datetime) -> None:
        try:
            self._write(rows, now=now)
        except IntegrityError:  # somebody signed up in this very moment: now they are known, once more
            self._write(rows, now=now)

    @transaction.atomic
    def _write(self, rows: list[Row], *, now: dt.datetime) -> None:
        if ImportRun.objects.select_for_update().values_list("rows_done").get(pk=self.run.pk) != (self.run.rows_done,):
            raise Overtaken
        batch = self._sorted(rows)
        readers = Subscriber.objects.bulk_create(self._reader(entry, now=now) for entry in batch.arrivals)
        self._follow_topics(readers, batch.arrivals)
        ConsentRecord.objects.bulk_create(self._consent(reader, now=now) for reader in readers)
        Suppression.objects.bulk_create(
            (
                Suppression(address_hash=hash_address(entry.email), reason=_REMEMBERED_AS[entry.standing], at=now)
                for entry in batch.to_remember
            ),
            ignore_conflicts=True,
        )
        self.run.mark_progress(self.run.rows_done + len(rows), batch.counts, batch.rejections)

    def _sorted(self, rows: list[Row], *, is_trial: bool = False) -> Batch:
        """Tell the new from the known, and from those who must be left alone."""
        batch = Batch()
        entries: dict[str, Entry] = {}
        for where, layout, row in rows:
            try:
                entry = self._entry(layout, row)
            except Refused as reason:
                batch.reject(where, str(reason))
                continue
            key = entry.email.lower()
            if key in entries or (is_trial and key in self._seen):
                batch.counts["same"] += 1
            else:
                entries[key] = entry
        if is_trial:
            self._seen |= entries.keys()
        self._settle(entries, batch)
        return batch

    def _entry(self, layout: Layout, row: Mapping[str, str] | None) -> Entry:
        if row is None:
            raise Refused("the row cannot be read: a quotation mark is missing, or a cell is too long")
        entry = read_row(row, layout, self.defaults)
        if entry.standing is Standing.UNCONFIRMED:
            raise Refused("never confirmed there; they can sign up themselves")
        return entry

    def _settle(self, entries: dict[str, Entry], batch: Batch) -> None:
        known = self._known(entries)
        hashes = {hash_address(key): key for key in entries}
        suppressed = Suppression.objects.filter(address_hash__in=hashes).values_list("address_hash", flat=True)
        alone = {hashes[each] for each in suppressed}
        gone = {hashes[each] for each in self._agreed(hashes)} - known.keys()
        for key, entry in entries.items():
            if key in alone or key in gone or known.get(key) in _STOPPED:
                batch.counts["left"] += 1
            elif key in known:
                batch.counts["same"] += 1
            elif entry.standing is Standing.READER:
                batch.counts["new"] += 1
                batch.arrivals.append(entry)
            else:
                batch.counts["remembered"] += 1
                batch.to_remember.append(entry)

    @staticmethod
    def _known(entries: Mapping[str, Entry]) -> dict[str, str]:
        # Somebody who left as A@x.org must not come back as a@x.org.
        folded = Subscriber.objects.annotate(folded=Lower("email_normalised")).filter(folded__in=entries)
        return dict(folded.values_list("folded", "state"))

    @staticmethod
    def _agreed(hashes: Iterable[str]) -> Iterable[str]:
        # Whoever agreed here under an address and is no reader under it has moved, or was deleted after a move.
        given = ConsentRecord.objects.filter(purpose="subscription", action=ConsentRecord.Action.GIVEN)
        return given.filter(address_hash__in=hashes).values_list("address_hash", flat=True)

    @staticmethod
    def _reader(entry: Entry, *, now: dt.datetime) -> Subscriber:
        values = {**entry.values, "confirmed_at": min(entry.values["confirmed_at"] or now, now)}
        reader = Subscriber(email=entry.email, email_normalised=entry.email, state=Subscriber.State.ACTIVE, **values)
        reader.plan_next_digest(after=now)
        return reader

    def _follow_topics(self, readers: list[Subscriber], entries: list[Entry]) -> None:
        TopicPreference.objects.bulk_create(
            TopicPreference(subscriber=reader, topic_id=topic, weight=weight)
            for reader, entry in zip(readers, entries, strict=True)
            for topic, weight in self._weights(entry).items()
        )

    def _weights(self, entry: Entry) -> dict[int, int]:
        weights = dict.fromkeys(self._follow, TopicPreference.Weight.FOLLOW.value)
        for name, weight in entry.topics.items():
            if name in self._topics:
                weights[self._topics[name]] = weight
            else:
                self.unknown_topics[name] += 1
        return weights

    def _consent(self, reader: Subscriber, *, now: dt.datetime) -> ConsentRecord:
        at = reader.confirmed_at or now
        return ConsentRecord.of(reader, ConsentRecord.Action.GIVEN, form="import", at=at, wording=self.run.consent)


def begin(data: bytes, *, file_name: str, consent: str, options: Mapping[str, Any], now: dt.datetime) -> Import:
    """Return an import that has not brought anything yet; its record is not saved. Raise BadTable."""
    run = ImportRun(
        file_name=file_name[-200:],
        fingerprint=fingerprint(data),
        consent=consent,
        options=dict(options),
        started_at=now,
    )
    return Import(run, data)


def resume(data: bytes) -> Import:
    """Return the cut-off import of this very file; raise BadTable when there is none."""
    run = ImportRun.objects.filter(fingerprint=fingerprint(data), finished_at=None).first()
    if run is None:
        raise BadTable("No import of this file was cut off: begin a new one.")
    return Import(run, data)


def fingerprint(data: bytes) -> str:
    """Return what tells this file from any other."""
    return hashlib.sha256(data).hexdigest()
