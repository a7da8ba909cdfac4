"""What a digest keeps of its choice: a line a paper, "17 topic vision" for paper 17 and its reason.

A digest's row is written four times on its way, and so is this: as JSON it took seven times the room. Behind a tab
come marks, if there are any: "17 topic vision<TAB>version=2".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import models

Pick = dict[str, Any]  # {"paper": 17, "reason": {"kind": "topic", "value": "vision"}, "version": 2}


def write_pick(paper: int, kind: str, value: str = "", marks: Mapping[str, Any] | None = None) -> str:
    """Return one pick as a line; a value keeps its words, not its tabs and line breaks."""
    line = f"{paper} {kind} {' '.join(value.split())}" if value else f"{paper} {kind}"
    return "\t".join([line, *(f"{name}={given}" for name, given in marks.items())]) if marks else line


def read_pick(line: str) -> tuple[int, str, str, Pick]:
    """Return the paper's id, the kind and the value of its reason, and the marks."""
    first, *marks = line.split("\t")
    paper, _space, reason = first.partition(" ")
    kind, _space, value = reason.partition(" ")
    pairs = (mark.partition("=")[::2] for mark in marks)
    return int(paper), kind, value, {name: int(given) if given.isdigit() else given for name, given in pairs}


def read_picks(text: str) -> list[Pick]:
    """Return the picks of a digest, in order."""
    found = map(read_pick, text.splitlines())
    return [{"paper": paper, "reason": {"kind": kind, "value": value}} | marks for paper, kind, value, marks in found]


def write_picks(picks: Iterable[Pick]) -> str:
    """Return the picks as they are kept."""
    return "\n".join(map(_line, picks))


def papers_in(text: str) -> list[int]:
    """Return the ids of the papers alone, in order."""
    return [int(line.partition(" ")[0]) for line in text.splitlines()]


def _line(pick: Pick) -> str:
    reason = pick.get("reason") or {"kind": "new", "value": ""}
    marks = {name: value for name, value in pick.items() if name not in ("paper", "reason")}
    return write_pick(pick["paper"], reason["kind"], str(reason.get("value", "")), marks)


class PicksField(models.Field):
    """A list of picks in Python, lines in the database."""

    def get_internal_type(self) -> str:
        """Return the kind of column."""
        return "TextField"

    def from_db_value(self, value: str | None, *_asked: object) -> list[Pick] | None:
        """Return what the database holds as picks."""
        return None if value is None else read_picks(value)

    def to_python(self, value: Any) -> Any:
        """Return what a fixture holds as picks."""
        return read_picks(value) if isinstance(value, str) else value

    def get_prep_value(self, value: Any) -> Any:
        """Return picks as the database holds them."""
        return value if value is None or isinstance(value, str) else write_picks(value)

    def value_to_string(self, obj: models.Model) -> str:
        """Return the field's value as a fixture holds it."""
        picks: Any = self.value_from_object(obj)
        return write_picks(picks)
