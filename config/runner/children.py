"""The processes of `make run`: started together, stopped together, none left behind."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

PR_SET_PDEATHSIG = 1
# Celery is given 20 s to finish what it holds (CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT); then nothing waits any longer.
STOP_SECONDS = 25


def _die_with_parent() -> Callable[[], None] | None:
    """Return what a child does before it starts: ask Linux for SIGTERM when the runner dies, even by kill -9."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None, use_errno=True)
    return lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Children:
    """The running processes by name; their words go to `<log_dir>/<name>.log`."""

    def __init__(self, log_dir: Path, environment: Mapping[str, str]) -> None:
        self._log_dir = log_dir
        self._environment = dict(environment)
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        log_dir.mkdir(parents=True, exist_ok=True)

    def start(self, name: str, command: Sequence[str]) -> None:
        """Start one process in a session of its own, so that Ctrl-C reaches it through us and only once."""
        with (self._log_dir / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._environment,
                start_new_session=True,
                preexec_fn=_die_with_parent(),  # safe: no thread runs in the runner
            )

    def fallen(self) -> str | None:
        """Return the name of a process that has ended by itself, or None."""
        return next((name for name, child in self._running.items() if child.poll() is not None), None)

    def last_words(self, name: str, *, lines: int = 12) -> str:
        """Return the end of a process's log."""
        text = (self._log_dir / f"{name}.log").read_text(errors="replace")
        return "\n".join(text.splitlines()[-lines:])

    def stop(self) -> None:
        """End all, youngest first; whoever does not listen within STOP_SECONDS is killed with its children."""
        for child in reversed(self._running.values()):
            if child.poll() is None:
                child.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for child in self._running.values():
            try:
                child.wait(timeout=max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
