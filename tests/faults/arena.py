"""A place to break things: a database, a sink with a ledger, real workers, and an oracle that compares them."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.postgres import Cluster
from tests.sink import Sink

ROOT = Path(__file__).resolve().parents[2]
GRACE_SECONDS = 2
# Not a promise of the product's: a busy machine takes its time to start a process.
PATIENCE_SECONDS = 240


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the oracle found. `lost` and `unexplained` are lists of readers and must be empty."""

    letters: int
    lost: list[str]
    doubled: int
    explained: int
    unexplained: list[str]
    not_in_ledger: list[int]
    states: dict[str, int]

    def demand(self, *, most_doubled: int) -> None:
        assert not self.lost, f"lost: {self.lost[:5]} of {len(self.lost)}"
        assert not self.not_in_ledger, f"said to be sent and never accepted: {self.not_in_ledger[:5]}"
        assert not self.unexplained, f"doubled without a mark: {self.unexplained[:5]}"
        assert self.doubled <= most_doubled, f"{self.doubled} doubled, {most_doubled} connections were open"
        assert not {"pending", "leased", "sending", "unknown"} & self.states.keys(), self.states


class Arena:
    """One trial: `with Arena(folder, database, readers=500, seed=1) as arena:`."""

    def __init__(self, folder: Path, database: Any, *, readers: int, seed: int, script: Any = None) -> None:
        self.folder, self.database, self.readers = folder, database, readers
        self.random = random.Random(seed)
        self.sink = Sink(script, ledger=folder / "ledger")
        self.workers: list[subprocess.Popen] = []
        self.environment: dict[str, str] = {}

    def __enter__(self) -> Arena:
        self.sink.__enter__()
        self.environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "EMAIL_URL": f"smtp://127.0.0.1:{self.sink.port}",
            "VAR_DIR": str(self.folder / "var"),
            "DOUBT_SECONDS": str(GRACE_SECONDS),
            "REDIS_URL": "",
            "LOG_LEVEL": "WARNING",
        }
        self.environment["DATABASE_URL"] = self.database.create(self.folder, self.readers, self._seed)
        return self

    def __exit__(self, *_: object) -> None:
        for worker in list(self.workers):
            self.kill(worker)
        self.sink.__exit__()
        self.database.drop()

    def _seed(self, url: str) -> None:
        command = [sys.executable, "-m", "tests.faults.seed", str(self.readers)]
        subprocess.run(command, cwd=ROOT, env={**self.environment, "DATABASE_URL": url}, check=True)

    def start(self, *options: str) -> subprocess.Popen:
        """Start a worker that runs for ever."""
        command = [sys.executable, "-m", "tests.faults.worker", *options]
        log = (self.folder / "workers.log").open("ab")
        worker = subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=log, stderr=log)
        self.workers.append(worker)
        return worker

    def kill(self, worker: subprocess.Popen, number: int = signal.SIGKILL) -> None:
        if worker.poll() is None:
            worker.send_signal(number)
        worker.wait(timeout=30)
        if worker in self.workers:
            self.workers.remove(worker)

    def wait(self, is_so: Callable[[], bool], *, seconds: float, what: str) -> float:
        """Wait until something is so; return how long it took."""
        started = time.monotonic()
        while not is_so():
            late = time.monotonic() - started > seconds
            assert not late, f"not within {seconds} s: {what}; {self.states()}\n{self.log()}"
            time.sleep(0.02)
        return time.monotonic() - started

    def wait_for_letters(self, count: int, *, seconds: float = PATIENCE_SECONDS) -> None:
        self.wait(lambda: len(self.sink.recipients) >= count, seconds=seconds, what=f"{count} letters")

    def drain(self, *, seconds: float = PATIENCE_SECONDS) -> float:
        """Wait until every reader's digest has a final state."""
        return self.wait(self._is_drained, seconds=seconds, what="everything settled")

    def _is_drained(self) -> bool:
        states = self.states()
        if "pending" in states:
            self.make_due()
        time.sleep(0.2)
        return states.keys() <= {"sent", "failed", "skipped"} and sum(states.values()) == self.readers

    def states(self) -> dict[str, int]:
        return dict(self.rows("SELECT state, count(*) FROM newsletter_digest GROUP BY state"))

    def rows(self, sql: str) -> list[tuple]:
        return self.database.rows(sql)

    def execute(self, sql: str) -> None:
        self.database.execute(sql)

    def make_due(self) -> None:
        """Let the minutes of a deferral pass."""
        self.execute("UPDATE newsletter_digest SET not_before = due_at WHERE state = 'pending'")

    def log(self) -> str:
        return (self.folder / "workers.log").read_text()[-3000:] if (self.folder / "workers.log").exists() else ""

    def verdict(self) -> Verdict:
        """Compare the ledger with the database."""
        rows = self.rows(
            "SELECT d.id, d.state, d.resends, d.reason, s.email FROM newsletter_digest d"
            " JOIN subscribers_subscriber s ON s.id = d.subscriber_id"
        )
        accepted = Counter(self.sink.recipients)
        explained = [email for _, state, _, reason, email in rows if state in ("failed", "skipped") and reason]
        everybody = {email for (email,) in self.rows("SELECT email FROM subscribers_subscriber")}
        doubled = {email: count - 1 for email, count in accepted.items() if count > 1}
        marked = {email for _, _, resends, _, email in rows if resends}
        assert accepted.keys() <= everybody, "a letter to an address nobody has"
        return Verdict(
            letters=sum(accepted.values()),
            lost=sorted(everybody - accepted.keys() - set(explained)),
            doubled=sum(doubled.values()),
            explained=len(marked),
            unexplained=sorted(email for email, count in doubled.items() if email not in marked or count > 1),
            not_in_ledger=[pk for pk, state, _, _, email in rows if state == "sent" and email not in accepted],
            states=dict(Counter(state for _, state, *_ in rows)),
        )


class SqliteFile:
    """A database in a file of the trial's folder."""

    name = "sqlite"
    most_workers = 1

    def __init__(self, templates: Path) -> None:
        self.templates = templates

    def create(self, folder: Path, readers: int, seed: Callable[[str], None]) -> str:
        """Return the address of a database with so many readers; the first trial of that size fills the model."""
        template, self.path = self.templates / f"{readers}.sqlite3", folder / "trial.sqlite3"
        if not template.exists():
            seed(f"sqlite:///{template}")
        shutil.copy(template, self.path)
        return f"sqlite:///{self.path}"

    def rows(self, sql: str) -> list[tuple]:
        connection = sqlite3.connect(self.path, timeout=20)
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()

    def execute(self, sql: str) -> None:
        with sqlite3.connect(self.path, timeout=20) as connection:
            connection.execute(sql)
        connection.close()

    def drop(self) -> None:
        """The folder goes with the test."""


class PostgresDatabase:
    """A database of its own in a running cluster."""

    name = "postgres"
    most_workers = 2

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster

    def create(self, folder: Path, readers: int, seed: Callable[[str], None]) -> str:
        self.trial, template = f"trial_{uuid.uuid4().hex[:12]}", f"template_{readers}"
        if not self.cluster.rows(f"SELECT 1 FROM pg_database WHERE datname = '{template}'", "postgres"):
            seed(self.cluster.url(template))
        return self.cluster.url(self.trial, template=template)

    def rows(self, sql: str) -> list[tuple]:
        return self.cluster.rows(sql, self.trial)

    def execute(self, sql: str) -> None:
        self.cluster.execute(sql, self.trial)

    def drop(self) -> None:
        self.cluster.execute(f'DROP DATABASE "{self.trial}" WITH (FORCE)')


def total(verdicts: Iterable[Verdict]) -> Counter[str]:
    """Return the sums over several trials."""
    sums: Counter[str] = Counter()
    for verdict in verdicts:
        sums.update(letters=verdict.letters, lost=len(verdict.lost), doubled=verdict.doubled)
    return sums
