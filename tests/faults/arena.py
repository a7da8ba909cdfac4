"""A place to break things: a database, a sink with a ledger, real workers, and an oracle that compares them."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.faults.nursery import Nursery, Worker
from tests.faults.oracle import Verdict, judge
from tests.sink import Sink

GRACE_SECONDS = 2
# Not a promise of the product's: a busy machine takes its time to start a process.
PATIENCE_SECONDS = 240
_STUCK = "state IN ('leased', 'sending', 'unknown')"


class Arena:
    """One trial: `with Arena(folder, database, readers=500, seed=1) as arena:`. `options` go to the seed."""

    def __init__(
        self, folder: Path, database: Any, *, readers: int, seed: int, script: Any = None, options: tuple = ()
    ) -> None:
        self.folder, self.database, self.readers, self.options = folder, database, readers, options
        self.random = random.Random(seed)
        self.sink = Sink(script, ledger=folder / "ledger", keeps_bodies=False)
        self.log_file = folder / "workers.log"
        self._nursery: Nursery | None = None
        self._cleared_at: float | None = None
        self._stuck: list[int] = []
        self._settled_s: float | None = None
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
            "OPENBLAS_NUM_THREADS": "1",
            "TRIAL_PAUSE": os.environ.get("TRIAL_PAUSE", "1"),
        }
        model = "_".join(map(str, (self.readers, *self.options)))
        self.environment["DATABASE_URL"] = self.database.create(self.folder, model, self._seed)
        return self

    def __exit__(self, *_: object) -> None:
        self.kill_all()
        self.sink.__exit__()
        self.database.drop()

    def _seed(self, url: str) -> None:
        nursery = Nursery({**self.environment, "DATABASE_URL": url}, self.log_file, patience=PATIENCE_SECONDS)
        code = nursery.start("act", "seed", self.readers, *self.options).wait(timeout=PATIENCE_SECONDS)
        nursery.kill()
        assert code == 0, self.log()

    # --- Workers -------------------------------------------------------------------------------------------------

    @property
    def nursery(self) -> Nursery:
        if self._nursery is None:
            self._nursery = Nursery(self.environment, self.log_file, patience=PATIENCE_SECONDS)
        return self._nursery

    @property
    def workers(self) -> list[Worker]:
        return self.nursery.workers

    def start(self, *options: str) -> Worker:
        """Start a worker that runs for ever."""
        return self.nursery.start("work", *options)

    def act(self, name: str, *arguments: Any) -> None:
        """Let somebody do something with the product's own verbs, and wait for it."""
        code = self.nursery.start("act", name, *arguments).wait(timeout=PATIENCE_SECONDS)
        assert code == 0, self.log()

    def kill(self, worker: Worker, number: int = signal.SIGKILL) -> None:
        worker.send_signal(number)
        worker.wait(timeout=60)
        self.forget(worker)

    def forget(self, worker: Worker) -> None:
        if worker in self.workers:
            self.workers.remove(worker)

    def kill_all(self) -> None:
        """Kill -9 the whole tree; the next start reads the environment anew."""
        if self._nursery is not None:
            self._nursery.kill()
            self._nursery = None

    # --- Waiting -------------------------------------------------------------------------------------------------

    def wait(self, is_so: Callable[[], bool], *, seconds: float = PATIENCE_SECONDS, what: str) -> float:
        """Wait until something is so; return how long it took."""
        started = time.monotonic()
        while not is_so():
            late = time.monotonic() - started > seconds
            assert not late, f"not within {seconds} s: {what}; {self.states()}\n{self.log()}"
            time.sleep(0.02)
        return time.monotonic() - started

    def wait_for_letters(self, count: int, *, seconds: float = PATIENCE_SECONDS) -> None:
        self.wait(lambda: len(self.sink.recipients) >= count, seconds=seconds, what=f"{count} letters")

    def clear(self) -> None:
        """Say that the fault is over: from here count the seconds to the next letter and to the last stuck row."""
        self._stuck = [pk for (pk,) in self.rows(f"SELECT id FROM newsletter_digest WHERE {_STUCK}")]
        self._cleared_at, self._settled_s = time.monotonic(), None

    def drain(self, *, seconds: float = PATIENCE_SECONDS) -> float:
        """Wait until every reader's digest has a final state."""
        return self.wait(self._is_drained, seconds=seconds, what="everything settled")

    def _is_drained(self) -> bool:
        states = self.states()
        self._look_at_the_stuck()
        if "pending" in states:
            self.make_due()
        time.sleep(0.1)
        return states.keys() <= {"sent", "failed", "skipped"} and sum(states.values()) >= self.readers

    def _look_at_the_stuck(self) -> None:
        if self._cleared_at is None or self._settled_s is not None:
            return
        ids = ", ".join(map(str, self._stuck)) or "0"
        unsettled = "('pending', 'leased', 'sending', 'unknown')"
        (left,) = self.rows(f"SELECT count(*) FROM newsletter_digest WHERE id IN ({ids}) AND state IN {unsettled}")[0]
        if not left:
            self._settled_s = time.monotonic() - self._cleared_at

    def states(self) -> dict[str, int]:
        return dict(self.rows("SELECT state, count(*) FROM newsletter_digest GROUP BY state"))

    def rows(self, sql: str) -> list[tuple]:
        return self.database.rows(sql)

    def execute(self, sql: str) -> None:
        self.database.execute(sql)

    def make_due(self) -> None:
        """Let the minutes of a deferral pass."""
        self.execute("UPDATE newsletter_digest SET not_before = due_at WHERE state = 'pending' AND not_before > due_at")

    def log(self) -> str:
        return self.log_file.read_text(errors="replace")[-3000:] if self.log_file.is_file() else ""

    def verdict(self) -> Verdict:
        """Compare the ledger with the database."""
        resume = None
        if self._cleared_at is not None:
            resume = next((at - self._cleared_at for at in self.sink.times if at > self._cleared_at), None)
        return judge(self.sink, self.rows, resume=resume, settle=self._settled_s)
