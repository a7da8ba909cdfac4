"""Reading a data set directory; every part but the papers may be absent."""

from __future__ import annotations

import csv
import gzip
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from papers.vectors.lexical import Text


class BadDataSet(ValueError):
    """The directory cannot be used; the message says which file and why."""


@dataclass(frozen=True)
class Situation:
    """One simulated day of one reader: `relevant` and `candidates` are rows of papers."""

    name: str
    reader: str
    follows: tuple[str, ...]
    read: tuple[int, ...]
    candidates: tuple[int, ...]
    upvotes: tuple[int, ...]
    relevant: frozenset[int]
    clicks: int
    is_hard: bool


@dataclass(frozen=True)
class DataSet:
    """Papers are known by their row. `cold` are those to rank; without them it is all that a reader has not read."""

    texts: list[Text]
    history: dict[str, list[int]]
    heldout: dict[str, list[int]]
    cold: list[int] | None
    situations: list[Situation]

    @cached_property
    def readers(self) -> list[str]:
        return sorted(self.history)

    @cached_property
    def archive(self) -> list[int]:
        """The papers that somebody may have opened."""
        cold = frozenset(self.cold or ())
        return [row for row in range(len(self.texts)) if row not in cold]

    @cached_property
    def reads(self) -> sp.csr_matrix:
        """Who read what, shape (readers, archive), the readers in the order of `readers`."""
        column_of = {row: column for column, row in enumerate(self.archive)}
        pairs = [
            (number, column_of[row])
            for number, reader in enumerate(self.readers)
            for row in set(self.history[reader])
            if row in column_of
        ]
        rows, columns = np.array(pairs, np.intp).reshape(-1, 2).T
        values = np.ones(len(rows), np.float32)
        return sp.csr_matrix((values, (rows, columns)), (len(self.readers), len(self.archive)))


def load(folder: Path) -> DataSet:
    """Read a data set; raises BadDataSet with the file and line that cannot be read."""
    if not (folder / "papers.jsonl.gz").is_file():
        raise BadDataSet(f"{folder} holds no papers.jsonl.gz; see docs/ranking.md for the format.")
    papers = list(_json_lines(folder / "papers.jsonl.gz"))
    try:
        row_of = {str(paper["id"]): row for row, paper in enumerate(papers)}
        cold, slates = _rows(folder / "cold.csv.gz"), folder / "slates.jsonl.gz"
        data = DataSet(
            texts=[(paper.get("title") or "", paper.get("abstract") or "") for paper in papers],
            history=_reads(folder / "history.csv.gz", row_of),
            heldout=_reads(folder / "heldout.csv.gz", row_of),
            cold=None if cold is None else [row_of[row[0]] for row in cold],
            # On a day with no right paper there is nothing to measure.
            situations=[_situation(entry, row_of) for entry in _json_lines(slates) if entry["relevant"]],
        )
    except KeyError as error:
        raise BadDataSet(f"{folder} names {error}, which is missing from papers.jsonl.gz or from a slate.") from error
    ranked = frozenset(range(len(papers)) if data.cold is None else data.cold)
    for situation in data.situations:
        if not ranked.issuperset(situation.candidates):
            raise BadDataSet(f"The slate {situation.name} offers a paper that is not in cold.csv.gz.")
    return data


def _situation(entry: dict[str, Any], row_of: dict[str, int]) -> Situation:
    return Situation(
        name=entry["slate"],
        reader=str(entry["reader"]),
        follows=tuple(entry.get("follows") or ()),
        read=tuple(row_of[str(paper)] for paper in entry["read"]),
        candidates=tuple(row_of[str(candidate["id"])] for candidate in entry["candidates"]),
        upvotes=tuple(candidate.get("upvotes") or 0 for candidate in entry["candidates"]),
        relevant=frozenset(row_of[str(paper)] for paper in entry["relevant"]),
        clicks=entry["clicks"],
        is_hard=entry["hard"],
    )


def _reads(path: Path, row_of: dict[str, int]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for reader, paper in _rows(path) or ():
        found[reader].append(row_of[paper])
    return dict(found)


def _rows(path: Path) -> list[list[str]] | None:
    if not path.is_file():
        return None
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.reader(file))[1:]


def _json_lines(path: Path) -> Iterator[dict[str, Any]]:
    if not path.is_file():
        return
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            try:
                yield json.loads(line)
            except json.JSONDecodeError as error:
                raise BadDataSet(f"{path.name}, line {number}: {error}") from error


def shuffled(count: int) -> NDArray[np.intp]:
    """Return 0 … count-1 in a fixed random order: equal scores must not follow the order of the file."""
    return np.random.default_rng(0).permutation(count)
