"""The letters that are shown to the validators, as files."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from newsletter.examples import example, names


@dataclass(frozen=True, slots=True)
class Sample:
    """One letter as files: the whole message and its HTML."""

    name: str
    eml: Path
    html: Path


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one tool says of one letter (or of the templates); sound when it has no complaint."""

    tool: str
    letter: str
    complaints: tuple[str, ...] = ()
    note: str = ""


def samples(folder: Path, *, now: dt.datetime) -> list[Sample]:
    """Write every letter of the gallery in every language into the folder."""
    found = []
    for code, _name in settings.LANGUAGES:
        for name in names():
            letter = example(name, now=now, language=code)
            sample = Sample(f"{name}.{code}", folder / f"{name}.{code}.eml", folder / f"{name}.{code}.html")
            sample.eml.write_bytes(letter.wire)
            sample.html.write_text(letter.html, encoding="utf-8")
            found.append(sample)
    return found
