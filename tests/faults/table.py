"""Make the table of a campaign from its record: python -m tests.faults.table FILE…"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.faults.catalogue import FAULTS, faults_of

_HEAD = ("fault", "trials (SQLite, PostgreSQL)", "passed", "letters", "lost", "doubled", "of them unmarked")
_LAST = "longest until the next letter, until the last stuck row"


def table(lines: Iterable[str]) -> list[str]:
    """Return the lines of a Markdown table, one a fault, and a last one with the sums over all trials once each."""
    trials = [json.loads(line) for line in lines]
    run = [trial for trial in trials if trial["outcome"] != "skipped"]
    rows = defaultdict(list)
    for trial in run:
        for fault in faults_of(trial["test"]):
            rows[fault].append(trial)
    body = [_row(f"{name} {FAULTS[name].what}", rows[name]) for name in FAULTS if rows[name]]
    return [f"| {' | '.join((*_HEAD, _LAST))} |", "|---" * (len(_HEAD) + 1) + "|", *body, _row("all", run)]


def _row(name: str, trials: list[dict[str, Any]]) -> str:
    verdicts = [verdict for trial in trials for verdict in trial["verdicts"]]
    lite = sum("sqlite" in trial["test"] for trial in trials)
    passed = sum(trial["outcome"] == "passed" for trial in trials)
    cells = [
        name,
        f"{len(trials)} ({lite}, {len(trials) - lite})",
        str(passed),
        f"{sum(verdict['letters'] for verdict in verdicts):,}",
        *(str(sum(_count(verdict[key]) for verdict in verdicts)) for key in ("lost", "doubled", "unmarked")),
        _longest(verdicts),
    ]
    return f"| {' | '.join(cells)} |"


def _count(value: Any) -> int:
    return value if isinstance(value, int) else len(value)


def _longest(verdicts: list[dict[str, Any]]) -> str:
    def longest(key: str) -> str:
        seconds = [verdict[key] for verdict in verdicts if verdict[key] is not None]
        return f"{max(seconds):.1f} s" if seconds else "–"

    return f"{longest('resume_s')}, {longest('settle_s')}"


if __name__ == "__main__":
    given = [line for name in sys.argv[1:] for line in Path(name).read_text().splitlines()]
    sys.stdout.write("\n".join(table(given)) + "\n")
