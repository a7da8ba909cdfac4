"""A database whose machine vanished is noticed: PostgreSQL's connections look after the other side."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from bench.postgres import cluster, find_binaries

ASK = "import json; from django.db import connection; "
OPTIONS = "connection.settings_dict['OPTIONS']"
OF_THE_SOCKET = """(
    connection.ensure_connection(),
    socket := __import__("socket"),
    mine := socket.fromfd(connection.connection.fileno(), socket.AF_INET, socket.SOCK_STREAM),
    [mine.getsockopt(socket.IPPROTO_TCP, getattr(socket, f"TCP_{name}")) for name in
     ("KEEPIDLE", "KEEPINTVL", "KEEPCNT", "USER_TIMEOUT")],
)[-1]"""


def ask(url, question, tmp_path):
    """Return what a process with this DATABASE_URL answers."""
    environment = {"PATH": os.environ["PATH"], "VAR_DIR": str(tmp_path), "DATABASE_URL": url}
    command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", f"{ASK}print(json.dumps({question}))"]
    done = subprocess.run(command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_a_silent_database_is_given_up_after_a_minute_unless_its_address_says_otherwise(tmp_path):
    options = ask("postgres://ada@db.example/x", OPTIONS, tmp_path)
    assert options["keepalives_idle"] + options["keepalives_interval"] * options["keepalives_count"] <= 60
    assert (options["tcp_user_timeout"], options["connect_timeout"]) == (60_000, 10)
    own = ask("postgres://ada@db.example/x?keepalives_idle=5", OPTIONS, tmp_path)
    assert own == options | {"keepalives_idle": 5}


@pytest.mark.postgres
def test_the_connection_of_a_worker_has_them(tmp_path):
    if find_binaries() is None:
        pytest.skip("PostgreSQL is not installed")
    with cluster() as server:
        assert ask(server.url("watched"), OF_THE_SOCKET, tmp_path) == [20, 10, 4, 60_000]


def test_nothing_is_set_for_a_session_which_a_pooler_would_hand_to_somebody_else():
    rooms = ("config", "mail", "newsletter", "papers", "subscribers")
    code = "".join(path.read_text() for room in rooms for path in Path(settings.BASE_DIR, room).rglob("*.py"))
    assert re.findall(r'"SET (?!LOCAL).*' r"|pg_advisory_\w+|\bLISTEN \w+", code) == []
