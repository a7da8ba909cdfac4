"""Run the list of faults with several seeds, say how it goes, and make the table.

`python -m tests.faults.campaign --seeds 1-3 --jobs 8 --only F24,F35 --write docs/reliability.md`; what is not one of
these options goes to pytest (`-k sqlite`). --record adds each trial's line to a file, --from makes the table of such
files without a run.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest

from tests.faults.catalogue import FAULTS, faults_of
from tests.faults.hatchery import ROOT
from tests.faults.table import table, write

FOLDER = Path(__file__).resolve().parent
# Trials mostly wait for one another's clocks, so four a core keep a core busy.
JOBS_A_CORE = 4


class Progress:
    """A pytest plugin: one line a trial, and all of them as they stand in the record."""

    def __init__(self, record: Path | None) -> None:
        self.record, self.lines, self.total = record, [], 0
        self.failed: list[str] = []
        self.started = time.monotonic()

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.total = len(session.items) or self.total

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        self.total = len(ids)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and report.when != "call":
            self.failed.append(f"{report.nodeid}, {report.when}")
        if not (report.when == "call" or report.skipped):
            return
        found = {"test": report.nodeid, "outcome": report.outcome, "seconds": round(report.duration)}
        found["verdicts"] = dict(report.user_properties).get("verdicts", [])
        line = json.dumps(found)
        self.lines.append(line)
        if self.record:
            with self.record.open("a") as file:
                file.write(line + "\n")
        if report.failed:
            self.failed.append(report.nodeid)
        self._say(found)

    def _say(self, trial: dict[str, Any]) -> None:
        done, minutes = len(self.lines), (time.monotonic() - self.started) / 60
        left = minutes / done * (self.total - done)
        name = trial["test"].rpartition("::")[2]
        faults = ", ".join(faults_of(trial["test"])) or "–"
        doubled = sum(verdict["doubled"] for verdict in trial["verdicts"])
        letters = sum(verdict["letters"] for verdict in trial["verdicts"])
        print(  # noqa: T201
            f"{done:4}/{self.total}  {minutes:4.1f} min, {left:3.0f} to go  {trial['outcome']:7} {faults:8} {name}"
            f"  {trial['seconds']} s, {letters} letters, {doubled} doubled",
            flush=True,
        )


def main(words: list[str]) -> int:
    options, more = _parser().parse_known_args(words)
    if options.earlier:
        lines = [line for path in options.earlier for line in path.read_text().splitlines()]
        return _show(lines, f"{len(lines)} trials of {len(options.earlier)} runs.", options.write)
    if unknown := set(options.only) - set(FAULTS):
        sys.exit(f"There is no fault {', '.join(sorted(unknown))}: they are F01 to F48.")
    os.environ |= {"SEEDS": options.seeds, "FAULTS_ONLY": ",".join(options.only)}
    # A campaign that is told to stop takes its servers with it.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    progress = Progress(options.record)
    with tempfile.TemporaryDirectory(prefix="faults-", dir=_memory()) as folder:
        Path(folder).chmod(0o755)  # PostgreSQL runs as another user than root
        os.environ["TMPDIR"] = tempfile.tempdir = folder
        command = ["-q", "-p", "no:cacheprovider", "-p", "no:terminalprogress", "--basetemp", f"{folder}/trials"]
        command += ["-m", "not slow", "-n", str(options.jobs), "--maxschedchunk", "1", "--no-header"]
        code = pytest.main([*command, *more, *trials(options.only)], plugins=[progress])
    _show(progress.lines, _circumstances(progress, options), options.write)
    if not progress.lines:
        print("Nothing was tried.")  # noqa: T201
    for name in progress.failed:
        print(f"FAILED {name}")  # noqa: T201
    return int(code)


def trials(only: list[str]) -> list[str]:
    """Return the tests to run: this folder's, and those of the default suite that try a fault without a process."""
    listed = [test.partition("[")[0] for name in only or FAULTS for test in FAULTS[name].tests]
    elsewhere = {test for test in listed if not (ROOT / test.partition("::")[0]).is_relative_to(FOLDER)}
    return [str(FOLDER), *sorted(str(ROOT / test) for test in elsewhere)]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.campaign", allow_abbrev=False)
    parser.add_argument("--seeds", default="1", help="1-3, or 4,7")
    parser.add_argument("--jobs", default=JOBS_A_CORE * (os.cpu_count() or 1), help="trials at once")
    parser.add_argument("--only", default=[], type=lambda text: text.split(","), metavar="F24,F35")
    parser.add_argument("--record", type=Path, metavar="FILE", help="add a line of JSON for each trial")
    parser.add_argument("--from", dest="earlier", type=Path, nargs="+", metavar="FILE", help="table of these, no run")
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the table between this file's marks")
    return parser


def _memory() -> str | None:
    """Return where files live in memory; a commit that waits for a disk says nothing about a fault."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def _circumstances(progress: Progress, options: argparse.Namespace) -> str:
    return (
        f"{time.strftime('%d %B %Y, %H:%M UTC', time.gmtime())}, seeds {options.seeds}, {options.jobs} trials at once"
        f" on {os.cpu_count()} cores (load {os.getloadavg()[1]:.0f}), Python {platform.python_version()}:"
        f" {len(progress.lines)} trials in {(time.monotonic() - progress.started) / 60:.0f} minutes."
    )


def _show(lines: list[str], circumstances: str, path: Path | None) -> int:
    found = [circumstances, "", *table(lines)]
    print("\n".join(["", *found]))  # noqa: T201
    if path and lines:
        write(path, found)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
