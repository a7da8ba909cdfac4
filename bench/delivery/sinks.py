"""Where the letters of a benchmark go: Postfix's smtp-sink; with it comes the fastest sender to compare with."""

from __future__ import annotations

import os
import re
import resource
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.postgres import free_port

SESSIONS = 10


def find(program: str) -> str | None:
    return shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


class SmtpSink:
    """A running smtp-sink that counts; `port`, `count()`, `cpu_seconds()`."""

    name = "smtp-sink"

    def __enter__(self) -> SmtpSink:
        self.port = free_port()
        self._output = tempfile.NamedTemporaryFile()
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        command = [find("smtp-sink") or "smtp-sink", *user, "-c", f"127.0.0.1:{self.port}", "1000"]
        self._process = subprocess.Popen(command, stdout=self._output, stderr=subprocess.DEVNULL)
        time.sleep(0.3)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._output.close()

    def count(self) -> int:
        """Return how many messages were accepted so far."""
        numbers = re.findall(rb"\d+", Path(self._output.name).read_bytes()[-64:])
        return int(numbers[-1]) if numbers else 0

    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


class OwnSink:
    """The small sink of the test suite in a process of its own, where Postfix is not installed."""

    name = "the built-in sink"

    def __enter__(self) -> OwnSink:
        self.port = free_port()
        code = f"import time; from tests.sink import Sink; Sink(port={self.port}).__enter__(); time.sleep(1e6)"
        self._process = subprocess.Popen(["python3", "-c", code])
        time.sleep(1)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()

    def count(self) -> None:
        return None

    cpu_seconds = SmtpSink.cpu_seconds


def sink() -> Any:
    return SmtpSink() if find("smtp-sink") else OwnSink()


def c_sender(port: int, *, letters: int, size: int) -> dict[str, float] | None:
    """Send as smtp-source does, ten sessions on kept connections; None where it is not installed."""
    program = find("smtp-source")
    if program is None:
        return None
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    command = [program, "-s", str(SESSIONS), "-d", "-m", str(letters), "-l", str(size), f"127.0.0.1:{port}"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    seconds, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"rate": letters / seconds, "cpu_us": cpu / letters * 1e6}
