"""A PostgreSQL cluster of one's own, for a trial or a benchmark: on a free loopback port, gone afterwards."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg


def find_binaries() -> Path | None:
    """Return the folder of initdb and pg_ctl, None when PostgreSQL is not installed."""
    if (found := shutil.which("pg_ctl")) and shutil.which("initdb"):
        return Path(found).parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"), reverse=True)
    return folders[0].parent if folders else None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Cluster:
    """A running server. `url(name)` makes an empty database."""

    def __init__(self, folder: Path, binaries: Path, *, options: str = "") -> None:
        self.folder, self.binaries, self.port = folder, binaries, free_port()
        self.options = f"-p {self.port} -k {folder} -c listen_addresses=127.0.0.1 {options}"

    def start(self) -> None:
        self._control("start", "-w", "-t", "60", "-o", self.options, "-l", str(self.folder / "log"))

    def stop(self, mode: str = "fast") -> None:
        """Stop it: fast, immediate (as a crash would), or kill -9 of the whole tree."""
        if mode == "kill":
            self._kill_tree()
        else:
            self._control("stop", "-w", "-m", mode)

    def _kill_tree(self) -> None:
        # Its children lead groups of their own; one that outlives it holds the memory that a new server wants.
        tree = [self.pid, *_children_of(self.pid)]
        for pid in tree:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        end = time.monotonic() + 30
        while any(map(_is_alive, tree)):
            if time.monotonic() > end:
                raise RuntimeError("PostgreSQL does not die")
            time.sleep(0.05)
        # Where nobody asks for a dead process's status it keeps its number, and the next server takes it for alive.
        for lock in (self.folder / "data" / "postmaster.pid", *self.folder.glob(".s.PGSQL.*")):
            lock.unlink(missing_ok=True)

    @property
    def pid(self) -> int:
        return int((self.folder / "data" / "postmaster.pid").read_text().split()[0])

    def create(self) -> None:
        self._run("initdb", "-D", str(self.folder / "data"), "-U", "trial", "-A", "trust", "-E", "UTF8", "--no-sync")

    def url(self, name: str, *, template: str = "template1") -> str:
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return f"postgres://trial@127.0.0.1:{self.port}/{name}"

    def execute(self, sql: str, database: str = "postgres") -> None:
        with psycopg.connect(self.address(database), autocommit=True) as connection:
            connection.execute(sql.encode())

    def rows(self, sql: str, database: str) -> list[tuple]:
        with psycopg.connect(self.address(database), autocommit=True) as connection:
            return connection.execute(sql.encode()).fetchall()

    def address(self, database: str) -> str:
        return f"host=127.0.0.1 port={self.port} user=trial dbname={database} connect_timeout=5"

    def cpu_seconds(self) -> float:
        """Return the processor time of the server and all its processes so far."""
        return _cpu_of_tree(self.pid)

    def _control(self, verb: str, *more: str) -> None:
        self._run("pg_ctl", verb, "-D", str(self.folder / "data"), *more)

    def _run(self, program: str, *arguments: str) -> None:
        # PostgreSQL refuses to run as root.
        user = "postgres" if os.geteuid() == 0 else None
        command = [str(self.binaries / program), *arguments]
        done = subprocess.run(
            command,
            user=user,
            cwd=self.folder,
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        if done.returncode:
            raise RuntimeError(f"{program} failed: {done.stderr.decode(errors='replace')[-500:]}")


@contextlib.contextmanager
def cluster(*, options: str = "") -> Iterator[Cluster]:
    """Run a cluster in a temporary folder; FileNotFoundError when PostgreSQL is not installed."""
    binaries = find_binaries()
    if binaries is None:
        raise FileNotFoundError("PostgreSQL is not installed: apt-get install postgresql")
    with tempfile.TemporaryDirectory(prefix="paper-round-postgres-") as name:
        folder = Path(name)
        if os.geteuid() == 0:
            owner = pwd.getpwnam("postgres")
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        server = Cluster(folder, binaries, options=options)
        server.create()
        server.start()
        try:
            yield server
        finally:
            with contextlib.suppress(RuntimeError, FileNotFoundError):
                server.stop("immediate")


def _children_of(pid: int) -> list[int]:
    return [
        int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()
    ]


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def _cpu_of_tree(pid: int) -> float:
    ticks = os.sysconf("SC_CLK_TCK")
    total = 0
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError, ValueError, IndexError):
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                if int(folder.name) == pid:
                    total += sum(map(int, fields[11:15]))  # its own and that of children that have ended
                elif int(fields[1]) == pid:
                    total += sum(map(int, fields[11:13]))
    return total / ticks
