"""The web of the product as gunicorn runs it, for trials in which people press buttons."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from bench.postgres import free_port
from tests.faults.arena import PATIENCE_SECONDS, Arena
from tests.faults.nursery import ROOT


class Web:
    """`with Web(arena) as web: web.post(path, field=value)` returns the status and the seconds it took."""

    def __init__(self, arena: Arena) -> None:
        self.arena, self.port = arena, free_port()
        self.arena.environment["SITE_URL"] = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Web:
        command = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{self.port}", "--workers", "2"]
        command += ["--threads", "4", "--preload", "--log-level", "warning", "config.wsgi"]
        with self.arena.log_file.open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=self.arena.environment, stdout=log, stderr=log, start_new_session=True
            )
        self.arena.wait(lambda: self._answers(), seconds=PATIENCE_SECONDS, what="the web answers")
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def _answers(self) -> bool:
        try:
            return self.get("/subscribe/")[0] < 500
        except OSError:
            return False

    def kill_a_child(self) -> None:
        """Kill -9 one of its two processes; gunicorn starts another."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        if children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(self.arena.random.choice(children)), signal.SIGKILL)

    def get(self, path: str) -> tuple[int, float]:
        return self._ask(urllib.request.Request(f"http://127.0.0.1:{self.port}{path}"))

    def post(self, path: str, **fields: str) -> tuple[int, float]:
        data = urllib.parse.urlencode(fields).encode()
        return self._ask(urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data=data, method="POST"))

    def post_json(self, path: str, **fields: str) -> tuple[int, float]:
        headers = {"Content-Type": "application/json"}
        address, data = f"http://127.0.0.1:{self.port}{path}", json.dumps(fields).encode()
        return self._ask(urllib.request.Request(address, data=data, headers=headers, method="POST"))

    def tokens(self) -> dict[str, str]:
        """Return every reader's unsubscribe token, by address."""
        path = self.arena.folder / "links"
        self.arena.act("links", str(path))
        return json.loads(path.read_text())

    def one_click(self, token: str) -> bool:
        """Leave as a mail program does; say whether the server said that it was done."""
        try:
            return self.post(f"/u/{token}/", **{"List-Unsubscribe": "One-Click"})[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    def _ask(self, request: urllib.request.Request) -> tuple[int, float]:
        started = time.monotonic()
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                answer.read()
                status = answer.status
        except urllib.error.HTTPError as error:
            error.read()
            status = error.code
        return status, time.monotonic() - started
