"""A process that has loaded everything but Django's settings; nurseries are forked from it for a third of their price.

`python -m tests.faults.hatchery` reads orders from the socket that is its input: an environment as JSON with the file
descriptors for input, output and errors. Each becomes a nursery (worker.py) with that environment; its process id is
the answer. It ends, with every nursery's input, when the pytest process that started it does.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[2]
# What the product imports and what needs no settings to be imported.
_HEAVY = """
anymail.message bs4 celery.app.base celery.worker dns.resolver django.contrib.admin.options django.contrib.admin.sites
django.core.handlers.wsgi django.core.mail.backends.smtp django.core.management.commands.migrate
django.db.backends.postgresql.base django.db.backends.sqlite3.base django.utils.feedgenerator django.views.debug
django.views.generic email_validator httpx kombu numpy prometheus_client.core psycopg.types.hstore pydantic.networks
pydantic.type_adapter redis scipy.sparse shelve
""".split()  # noqa: SIM905
_MOST_BYTES = 200_000


def main() -> None:
    for name in _HEAVY:
        importlib.import_module(name)
    # Nobody waits for a nursery here: the kernel may forget it at once.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(fileno=0) as orders:
        while True:
            order, files, *_ = socket.recv_fds(orders, _MOST_BYTES, 3)
            if not order:
                return
            pid = os.fork()
            if not pid:
                orders.close()
                _become_a_nursery(json.loads(order), files)
            orders.send(str(pid).encode())
            for file in files:
                os.close(file)


def _become_a_nursery(environment: dict[str, str], files: list[int]) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.environ.clear()
    os.environ.update(environment)
    from tests.faults import worker

    try:
        worker.main()
    finally:
        os._exit(0)


class Hatchery:
    """The process, started with the first nursery that is asked for."""

    def __init__(self) -> None:
        self._orders: socket.socket | None = None

    def nursery(self, environment: dict[str, str], log: IO[bytes]) -> tuple[int, IO[str], IO[str]]:
        """Start a nursery; return its process id and the two ends of the talk with it."""
        if self._orders is None:
            self._orders = self._start()
        theirs_in, ours_in = os.pipe()
        ours_out, theirs_out = os.pipe()
        socket.send_fds(self._orders, [json.dumps(environment).encode()], [theirs_in, theirs_out, log.fileno()])
        pid = int(self._orders.recv(20))
        os.close(theirs_in)
        os.close(theirs_out)
        return pid, os.fdopen(ours_in, "w"), os.fdopen(ours_out)

    def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}  # threads do not outlive a fork
        subprocess.Popen([sys.executable, "-m", "tests.faults.hatchery"], cwd=ROOT, env=environment, stdin=theirs)
        theirs.close()
        return ours


HATCHERY = Hatchery()

if __name__ == "__main__":
    main()
