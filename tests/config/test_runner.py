"""`make run` starts the whole product and leaves nothing behind."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(condition, seconds, hint):
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, hint()
        time.sleep(0.1)
    return found


@pytest.fixture
def environment(tmp_path):
    ports = {name: str(free_port()) for name in ("PORT", "SMTP_PORT", "MAILBOX_PORT")}
    ours = {"REDIS_URL", "DATABASE_URL", "EMAIL_URL", "SITE_URL", "DJANGO_SETTINGS_MODULE"}
    return {**{k: v for k, v in os.environ.items() if k not in ours}, **ports, "VAR_DIR": str(tmp_path / "var")}


@pytest.fixture
def start(environment, tmp_path):
    started = []

    def run():
        output = tmp_path / f"output-{len(started)}"
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "config.runner"],
            cwd=ROOT,
            env=environment,
            stdout=output.open("wb"),
            stderr=subprocess.STDOUT,
        )
        started.append(process)
        return process, output

    yield run
    for process in started:
        if process.poll() is None:
            process.terminate()
            process.wait(40)


def processes_with(var_dir: str) -> list[str]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if f"VAR_DIR={var_dir}\0".encode() in (folder / "environ").read_bytes():
                found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


@pytest.mark.runner
def test_it_serves_the_site_refuses_a_second_start_and_stops_without_a_trace(environment, start):
    process, output = start()
    wait_for(lambda: "Paper Round is running" in output.read_text(), 90, output.read_text)
    text = output.read_text()
    assert re.search(r"Sign in to admin as  editor  with  \S+", text)
    for address in re.findall(r"http://127\.0\.0\.1:\d+/\S*", text):
        assert urllib.request.urlopen(address, timeout=20).status == 200

    second, said = start()
    assert second.wait(20) == 1
    assert f"already running here (process {process.pid})" in said.read_text()

    process.send_signal(signal.SIGINT)
    assert process.wait(40) == 0
    assert processes_with(environment["VAR_DIR"]) == []


@pytest.mark.runner
def test_nothing_survives_when_the_runner_itself_is_killed(environment, start):
    process, output = start()
    wait_for(lambda: "Paper Round is running" in output.read_text(), 90, output.read_text)
    assert len(processes_with(environment["VAR_DIR"])) >= 5
    process.kill()
    process.wait()
    wait_for(
        lambda: not processes_with(environment["VAR_DIR"]), 40, lambda: str(processes_with(environment["VAR_DIR"]))
    )
    again, output = start()
    wait_for(lambda: "Paper Round is running" in output.read_text(), 30, output.read_text)
    assert "Sign in to admin" not in output.read_text()
    assert again.poll() is None


@pytest.mark.runner
def test_a_busy_port_is_told_in_one_sentence(environment, start):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", int(environment["PORT"])))
        taken.listen()
        process, output = start()
        assert process.wait(30) == 1
    lines = output.read_text().strip().splitlines()
    assert lines == [
        f"Port {environment['PORT']} is in use by another program. "
        f"Choose another: PORT={int(environment['PORT']) + 100} make run"
    ]
