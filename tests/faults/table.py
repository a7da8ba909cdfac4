"""The table of a campaign, a line a fault."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.faults.catalogue import FAULTS, faults_of

_HEAD = (
    *("fault", "trials (on SQLite, PostgreSQL)", "failed", "letters", "lost", "doubled", "of them marked"),
    *("longest until the next letter", "until the last stuck row"),
)
_BEGIN, _END = "<!-- The table of a campaign: python -m tests.faults.campaign --write -->", "<!-- End of the table -->"


def table(lines: Iterable[str]) -> list[str]:
    """Return the lines of a Markdown table, one a fault, and a last one with the sums over all trials once each."""
    trials = [json.loads(line) for line in lines]
    run = [trial for trial in trials if trial["outcome"] != "skipped" and faults_of(trial["test"])]
    rows = defaultdict(list)
    for trial in run:
        for fault in faults_of(trial["test"]):
            rows[fault].append(trial)
    body = [_row(f"{name} {FAULTS[name].what}", rows[name]) for name in FAULTS if rows[name]]
    missing = ", ".join(name for name in FAULTS if not rows[name])
    end = ["", f"Not run: {missing}."] if missing else []
    return [f"| {' | '.join(_HEAD)} |", "|---" * len(_HEAD) + "|", *body, _row("all", run), *end]


def write(path: Path, lines: list[str]) -> None:
    """Put the lines between the marks of a file; ValueError when it has none."""
    text = path.read_text()
    if _BEGIN not in text or _END not in text:
        raise ValueError(f"{path} has no place for the table: {_BEGIN} … {_END}")
    before, _, rest = text.partition(_BEGIN)
    path.write_text("\n".join([before + _BEGIN, *lines, _END]) + rest.partition(_END)[2])


def _row(name: str, trials: list[dict[str, Any]]) -> str:
    verdicts = [verdict for trial in trials for verdict in trial["verdicts"]]
    here = [trial["test"] for trial in trials if trial["test"].startswith("tests/faults/")]
    lite = sum("sqlite" in test for test in here)
    doubled = sum(verdict["doubled"] for verdict in verdicts)
    cells = [
        name,
        f"{len(trials)} ({lite}, {len(here) - lite})",
        str(sum(trial["outcome"] != "passed" for trial in trials)),
        f"{sum(verdict['letters'] for verdict in verdicts):,}",
        str(sum(len(verdict["lost"]) for verdict in verdicts)),
        str(doubled),
        str(doubled - sum(len(verdict["unmarked"]) for verdict in verdicts)),
        *(_longest(verdicts, key) for key in ("resume_s", "settle_s")),
    ]
    return f"| {' | '.join(cells)} |"


def _longest(verdicts: list[dict[str, Any]], key: str) -> str:
    seconds = [verdict[key] for verdict in verdicts if verdict[key] is not None]
    return f"{max(seconds):.1f} s" if seconds else "–"
