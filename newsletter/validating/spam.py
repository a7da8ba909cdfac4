"""SpamAssassin, offline: its own daemon for as long as it takes, because one call alone costs seven seconds."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from newsletter.validating.letters import Sample, Verdict

LIMIT = 1.0  # points; a letter is called spam from 5
_START_SECONDS = 60


def has_spamassassin(_folder: Path) -> str:
    """Return what has to be installed."""
    return "" if shutil.which("spamd") and shutil.which("spamc") else "apt-get install spamassassin spamd spamc"


def spamassassin(letters: Sequence[Sample], _folder: Path) -> Iterator[Verdict]:
    """Score each letter; more than LIMIT points is a complaint that names the rules."""
    with _daemon() as port:
        for sample in letters:
            command = ["spamc", "-d", "127.0.0.1", "-p", str(port), "-R"]
            report = subprocess.run(command, input=sample.eml.read_bytes(), capture_output=True, check=True).stdout
            score = float(report.split(b"/", 1)[0])
            rules = re.findall(r"^\s*(-?\d+\.\d) (\w+)", report.decode(errors="replace"), re.MULTILINE)
            costly = tuple(f"{points} {rule}" for points, rule in rules if float(points) > 0)
            complaints = (f"{score} points: {', '.join(costly)}",) if score > LIMIT else ()
            yield Verdict("spamassassin", sample.name, complaints, note=f"{score} points")


@contextlib.contextmanager
def _daemon() -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    command = ["spamd", "-L", "-x", "-i", f"127.0.0.1:{port}", "-m", "2", *user]
    daemon = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port)
        yield port
    finally:
        daemon.terminate()
        daemon.wait(20)


def _wait_for(port: int) -> None:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.2)
    raise TimeoutError(f"spamd did not start within {_START_SECONDS} s")
