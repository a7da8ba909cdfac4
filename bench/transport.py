"""How fast, and at what cost of CPU, our SMTP client hands letters to Postfix's smtp-sink, beside its smtp-source.

    .venv/bin/python -m bench.transport [--letters 8000] [--rounds 3] [--bytes 30000] [--connections 10]

Everything runs on loopback and ends by itself. Each round runs smtp-source with the same number of sessions and bytes,
then ours; the ratio of the same round is what counts. Without Postfix's tools it says so and stops.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import platform
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
PORT = 27525


class Diary:
    """What a sender's journal costs: two short lines a letter, written without fsync."""

    def __init__(self) -> None:
        self.file, path = tempfile.mkstemp(prefix="bench-", suffix=".journal")
        os.unlink(path)  # the open file stays until the process ends

    def leaving(self, letter) -> None:
        os.write(self.file, f"S\t{letter.key}\n".encode())

    def answered(self, outcome) -> None:
        os.write(self.file, f"A\t{outcome.key}\t{outcome.kind}\t{outcome.code}\n".encode())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--letters", type=int, default=8000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--bytes", type=int, default=30_000)
    parser.add_argument("--connections", type=int, default=10)
    asked = parser.parse_args()
    for tool in ("smtp-sink", "smtp-source"):
        if not shutil.which(tool):
            sys.exit(f"{tool} is not here: it comes with Postfix (apt-get install --no-install-recommends postfix)")
    django.setup()
    now = dt.datetime.now(dt.UTC)
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {now:%Y-%m-%d}")
    print(f"{asked.letters} letters of {asked.bytes} bytes, {asked.connections} connections, {asked.rounds} rounds")
    print("round   C msg/s  C µs   ours msg/s  ours µs   speed ratio  CPU ratio")
    sink = start_sink()
    try:
        rounds = [one_round(number, asked) for number in range(1, asked.rounds + 1)]
    finally:
        sink.kill()
        sink.wait()
    speed, cost = (statistics.median(values) for values in zip(*rounds, strict=True))
    print(f"median{speed:47.2f}{cost:11.2f}")


def start_sink() -> subprocess.Popen:
    sink = subprocess.Popen(["smtp-sink", "-u", "nobody", f"127.0.0.1:{PORT}", "1000"])
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", PORT)) == 0:
                return sink
        time.sleep(0.05)
    sys.exit("smtp-sink does not answer")


def one_round(number: int, asked: argparse.Namespace) -> tuple[float, float]:
    c_speed, c_cpu = in_c(asked)
    speed, cpu = ours(asked)
    print(
        f"{number:5}{c_speed:10.0f}{c_cpu:6.0f}{speed:13.0f}{cpu:9.0f}{speed / c_speed:14.2f}{cpu / c_cpu:11.2f}",
        flush=True,
    )
    return speed / c_speed, cpu / c_cpu


def in_c(asked: argparse.Namespace) -> tuple[float, float]:
    """Return messages a second and CPU µs a message of smtp-source."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    sizes = ["-l", str(asked.bytes), "-m", str(asked.letters), "-s", str(asked.connections)]
    subprocess.run(
        ["smtp-source", "-d", *sizes, "-f", "a@x.example", "-t", "b@x.example", f"127.0.0.1:{PORT}"], check=True
    )
    wall, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return asked.letters / wall, cpu / asked.letters * 1e6


def ours(asked: argparse.Namespace) -> tuple[float, float]:
    """Return the same of our client, every outcome counted."""
    from mail.letter import Letter
    from mail.transport.server import Server
    from mail.transport.smtp import SmtpTransport

    class Sealed(Letter):
        """A letter of the press: its maker saw to the dots."""

        is_ready = True

    line = b"x" * 74 + b"\r\n"
    wire = b"Subject: bench\r\n\r\n" + line * (asked.bytes // len(line))
    letters = (Sealed(str(n), "a@x.example", f"r{n}@x.example", {}, "", "", wire) for n in range(asked.letters))
    transport = SmtpTransport(Server("127.0.0.1", PORT, connections=asked.connections))
    start, before = time.monotonic(), time.process_time()
    accepted = sum(outcome.kind == "accepted" for outcome in transport.deliver(letters, Diary()))
    cpu, wall = time.process_time() - before, time.monotonic() - start
    transport.close()
    assert accepted == asked.letters, f"{accepted} of {asked.letters} accepted"
    return asked.letters / wall, cpu / asked.letters * 1e6


if __name__ == "__main__":
    main()
