"""The workers of one trial: forked on demand from a process that has Django loaded, told of by their process ids."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


class Worker:
    """One process of the nursery; `returncode` is None while it lives, negative after a signal."""

    def __init__(self, nursery: Nursery, pid: int) -> None:
        self._nursery, self.pid = nursery, pid

    @property
    def returncode(self) -> int | None:
        return self._nursery.gone.get(self.pid)

    def send_signal(self, number: int) -> None:
        if self.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def wait(self, *, timeout: float) -> int:
        end = time.monotonic() + timeout
        while self.returncode is None:
            if time.monotonic() > end:
                raise TimeoutError(f"a worker still lives after {timeout} s")
            time.sleep(0.01)
        return self.returncode


class Nursery:
    """Starts with the first worker; `kill` ends it with all its workers, as the kill of a whole tree does."""

    def __init__(self, environment: Mapping[str, str], log: Path, *, patience: float) -> None:
        self.workers: list[Worker] = []
        self.gone: dict[int, int] = {}
        self._births: queue.Queue[int] = queue.Queue()
        with log.open("ab") as file:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.worker"],
                cwd=ROOT,
                env=dict(environment),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=file,
                text=True,
            )
        threading.Thread(target=self._listen, daemon=True).start()
        self._patience = patience
        self._births.get(timeout=patience)  # "ready"

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            word, *numbers = line.split()
            if word == "gone":
                self.gone[int(numbers[0])] = int(numbers[1])
            else:
                self._births.put(int(numbers[0]) if numbers else 0)

    def start(self, *order: Any) -> Worker:
        """Fork a process for an order: "work" with options, or "act" with a name and arguments."""
        print(json.dumps(order), file=self._process.stdin, flush=True)
        worker = Worker(self, self._births.get(timeout=self._patience))
        if order[0] == "work":
            self.workers.append(worker)
        return worker

    def kill(self) -> None:
        """Kill -9 the parent and every child."""
        self._process.kill()
        self._process.wait()
        for worker in self.workers:
            worker.send_signal(signal.SIGKILL)
            self.gone.setdefault(worker.pid, -signal.SIGKILL)
        self.workers.clear()
