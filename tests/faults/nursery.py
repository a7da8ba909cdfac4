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
from typing import IO, Any

from tests.faults.hatchery import HATCHERY, ROOT


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
            # What is loaded before a process has even begun cannot come by a fork.
            start = _start_anew if "LD_PRELOAD" in environment else HATCHERY.nursery
            self.pid, self._input, self._output = start(dict(environment), file)
        threading.Thread(target=self._listen, daemon=True).start()
        self._patience = patience
        self._births.get(timeout=patience)  # "ready"

    def _listen(self) -> None:
        for line in self._output:
            word, *numbers = line.split()
            if word == "gone":
                self.gone[int(numbers[0])] = int(numbers[1])
            else:
                self._births.put(int(numbers[0]) if numbers else 0)

    def start(self, *order: Any) -> Worker:
        """Fork a process for an order: "work" with options, or "act" with a name and arguments."""
        print(json.dumps(order), file=self._input, flush=True)
        worker = Worker(self, self._births.get(timeout=self._patience))
        if order[0] == "work":
            self.workers.append(worker)
        return worker

    def kill(self) -> None:
        """Kill -9 the parent and every child."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        self._input.close()
        for worker in self.workers:
            worker.send_signal(signal.SIGKILL)
            self.gone.setdefault(worker.pid, -signal.SIGKILL)
        self.workers.clear()


def _start_anew(environment: dict[str, str], log: IO[bytes]) -> tuple[int, IO[str], IO[str]]:
    pipe = subprocess.PIPE
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.worker"],
        cwd=ROOT,
        env=environment,
        stdin=pipe,
        stdout=pipe,
        stderr=log,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    return process.pid, process.stdin, process.stdout
