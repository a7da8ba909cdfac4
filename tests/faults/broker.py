"""A real Redis or Valkey of a trial's own, on a unix socket, and the product's Celery beside it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis
from redis.exceptions import RedisError

from config.runner.broker import find_broker
from tests.faults.arena import Arena
from tests.faults.nursery import ROOT


class Redis:
    """The server: start, stop (no last save), and a client for everything else."""

    def __init__(self, folder: Path, binary: str) -> None:
        self.folder, self.socket, self._binary = folder, folder / "r.sock", binary
        self.url = f"redis+socket://{self.socket}"
        self.client = redis.Redis(unix_socket_path=str(self.socket), socket_timeout=5)

    def start(self, *options: str) -> None:
        base = ["--port", "0", "--unixsocket", str(self.socket), "--dir", str(self.folder), "--save", ""]
        out = subprocess.DEVNULL
        self.process = subprocess.Popen([self._binary, *base, "--maxmemory-policy", "noeviction", *options], stdout=out)
        for _ in range(500):
            try:
                self.client.ping()
                return
            except RedisError:
                time.sleep(0.02)
        raise AssertionError("the broker does not answer")

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        self.socket.unlink(missing_ok=True)


@contextmanager
def redis_server() -> Iterator[Redis | None]:
    """Yield a running server, None where there is none on this machine."""
    # A unix socket's path may hold 108 bytes, and a test's folder lies deep.
    folder = Path(tempfile.mkdtemp(prefix="pr-"))
    broker = find_broker(folder)
    server = Redis(folder, broker.command[0]) if broker.command else None
    try:
        if server:
            server.start()
        yield server
    finally:
        if server:
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


class Celery:
    """The worker and the clock of the product as processes; the clock ticks each second (bell.py)."""

    def __init__(self, arena: Arena) -> None:
        self.arena = arena
        self.processes: list[subprocess.Popen] = []

    def __enter__(self) -> Celery:
        self.start("worker", "--pool", "solo", "--without-mingle", "--without-gossip")
        self.beat()
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.processes:
            process.kill()
            process.wait()

    def beat(self) -> subprocess.Popen:
        number = len(self.processes)
        return self.start("beat", "--pidfile=", "--schedule", str(self.arena.folder / f"beat{number}"))

    def start(self, *words: str) -> subprocess.Popen:
        command = [sys.executable, "-m", "celery", "-A", "tests.faults.bell", *words]
        with self.arena.log_file.open("ab") as log:
            process = subprocess.Popen(command, cwd=ROOT, env=self.arena.environment, stdout=log, stderr=log)
        self.processes.append(process)
        return process
