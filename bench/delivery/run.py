"""The rounds: the C sender, then ours with the same number of bytes; medians of the ratios of each round."""

from __future__ import annotations

import contextlib
import json
import math
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from bench.delivery.peers import Peer, measure_peer, ready_peers
from bench.delivery.sinks import c_sender, sink
from bench.postgres import cluster

ROOT = Path(__file__).resolve().parents[2]
# As a careful installation would: an intent that was committed survives a power loss.
POSTGRES = "-c fsync=on -c synchronous_commit=on -c shared_buffers=1GB -c max_wal_size=8GB"
UNSTEADY = 1.5
Say = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Plan:
    db: str
    recipients: int
    workers: int
    rounds: int
    peer_recipients: int = 0  # letters each peer sends a round; 0: no peers


class BadRun(Exception):
    """A gate did not hold; the figures would be worth nothing."""


@dataclass
class Database:
    url: str
    execute: Callable[[str], object]
    rows: Callable[[str], list[tuple]]
    cpu_seconds: Callable[[], float]


@contextlib.contextmanager
def database(kind: str, folder: Path) -> Iterator[Database]:
    if kind == "postgres":
        with cluster(options=POSTGRES) as server:
            url = server.url("bench")
            yield Database(
                url, lambda sql: server.execute(sql, "bench"), lambda sql: server.rows(sql, "bench"), server.cpu_seconds
            )
        return
    path = folder / "bench.sqlite3"
    yield Database(f"sqlite:///{path}", lambda sql: _sqlite(path, sql), lambda sql: _sqlite(path, sql), lambda: 0.0)


def _sqlite(path: Path, sql: str) -> list[tuple]:
    import sqlite3

    connection = sqlite3.connect(path, timeout=20, isolation_level=None)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def measure(plan: Plan, say: Say) -> dict[str, Any]:
    """Run the plan and return the figures; raise BadRun when a gate does not hold."""
    if plan.db == "sqlite" and plan.workers > 1:
        raise BadRun("SQLite has one writer and so one sender: --workers 1.")
    with tempfile.TemporaryDirectory(prefix="paper-round-bench-") as name, database(plan.db, Path(name)) as db:
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATABASE_URL": db.url,
            "VAR_DIR": str(Path(name) / "var"),
            "REDIS_URL": "",
            "LOG_LEVEL": "ERROR",
            "OPENBLAS_NUM_THREADS": "1",
        }
        say(f"Making {plan.recipients:,} readers and 200 papers.")
        _run([sys.executable, "-m", "bench.delivery.seed", str(plan.recipients)], environment)
        place = Path(settings.VAR_DIR, "bench-peers")
        peers = ready_peers(place, say) if plan.peer_recipients else []
        rounds = []
        for number in range(plan.rounds):
            rounds.append(_round(plan, db, environment))
            say(f"Round {number + 1}: " + _in_words(rounds[-1]))
            if number == 0:
                _gate_letters(environment)
            for peer in peers:
                _peer_round(plan, peer, place, rounds[-1], environment, say)
        _gate_second_run(db, environment)
        return _summary(plan, rounds)


def _round(plan: Plan, db: Database, environment: dict[str, str]) -> dict[str, Any]:
    _make_due_again(plan, db)
    with sink() as ours:
        environment["EMAIL_URL"] = f"smtp://127.0.0.1:{ours.port}"
        found = _pipeline(plan, db, ours, environment)
        counted = ours.count()
    if counted is not None and counted != plan.recipients:
        raise BadRun(f"the sink counted {counted:,} letters, {plan.recipients:,} were due")
    with sink() as theirs:
        c = c_sender(theirs.port, letters=plan.recipients, size=found["bytes"])
        if c:
            found |= {"c_rate": c["rate"], "c_cpu_us": c["cpu_us"], "ratio": found["rate"] / c["rate"]}
            found["sink_cpu_us_of_c"] = theirs.cpu_seconds() / plan.recipients * 1e6
    return found


def _pipeline(plan: Plan, db: Database, ours: Any, environment: dict[str, str]) -> dict[str, Any]:
    workers = [_start(environment) for _ in range(plan.workers)]
    try:
        for worker in workers:
            assert _hear(worker) == "ready\n"
        db_cpu, sink_cpu, started = db.cpu_seconds(), ours.cpu_seconds(), time.monotonic()
        for worker in workers:
            print("go", file=worker.stdin, flush=True)
        reports = [json.loads(_hear(worker)) for worker in workers]
        seconds = time.monotonic() - started
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
    (sent,) = db.rows("SELECT count(*) FROM newsletter_digest WHERE state = 'sent'")[0]
    if sent != plan.recipients:
        raise BadRun(f"{sent:,} rows say sent, {plan.recipients:,} were due")
    n = plan.recipients
    build, send = (sum(report[key] for report in reports) / n * 1e6 for key in ("build_cpu_s", "send_cpu_s"))
    return {
        "rate": n / seconds,
        "send_rate": n / max(report["send_s"] for report in reports),
        "cpu_us": build + send,
        "build_cpu_us": build,
        "send_cpu_us": send,
        "db_cpu_us": (db.cpu_seconds() - db_cpu) / n * 1e6,
        "sink_cpu_us": (ours.cpu_seconds() - sink_cpu) / n * 1e6,
        "rss_mb": max(report["rss_mb"] for report in reports),
        "bytes": reports[0]["bytes"],
    }


def _start(environment: dict[str, str]) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "bench.delivery.worker"]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdin=pipe, stdout=pipe, text=True)


def _hear(worker: subprocess.Popen[str]) -> str:
    assert worker.stdout is not None
    return worker.stdout.readline()


def _make_due_again(plan: Plan, db: Database) -> None:
    db.execute("DELETE FROM newsletter_digest")
    db.execute("DELETE FROM newsletter_edition")
    due = {
        "postgres": ("now() - interval '1 minute'", "current_date"),
        "sqlite": ("strftime('%Y-%m-%d %H:%M:%f', 'now', '-1 minute')", "date('now')"),
    }
    minute, today = due[plan.db]
    wishes = f"next_digest_at = {minute}, next_digest_day = {today}, last_digest_day = NULL"
    db.execute(f"UPDATE subscribers_subscriber SET {wishes}")
    db.execute("VACUUM ANALYZE" if plan.db == "postgres" else "PRAGMA wal_checkpoint(TRUNCATE)")


def _peer_round(
    plan: Plan, peer: Peer, place: Path, found: dict[str, Any], environment: dict[str, str], say: Say
) -> None:
    """Let a peer send letters with the same body beside this round; add what it cost to `found["peers"]`."""
    letter = json.loads(_run([sys.executable, "-m", "bench.delivery.gate", "--sample"], environment))
    try:
        theirs = measure_peer(peer, place, letter=letter, letters=plan.peer_recipients)
    except AssertionError as error:
        raise BadRun(str(error)) from error
    theirs |= {"cpu_ratio": theirs["cpu_us"] / found["cpu_us"], "speed_ratio": found["rate"] / theirs["rate"]}
    found.setdefault("peers", {})[peer.name] = theirs
    say(
        f"  {peer.name}: {theirs['rate']:,.0f} letters/s, CPU {theirs['cpu_us']:,.0f} µs a letter:"
        f" {theirs['cpu_ratio']:.1f} x our CPU, {1 / theirs['speed_ratio']:.3f} of our speed"
    )


def _gate_letters(environment: dict[str, str]) -> None:
    """Let 200 letters arrive once more, where they can be read: each must say what the slow way says."""
    try:
        _run([sys.executable, "-m", "bench.delivery.gate"], environment)
    except subprocess.CalledProcessError as error:
        raise BadRun(f"the letters are not right: {error.stderr[-500:]}") from error


def _gate_second_run(db: Database, environment: dict[str, str]) -> None:
    with sink() as ours:
        environment["EMAIL_URL"] = f"smtp://127.0.0.1:{ours.port}"
        _run([sys.executable, "manage.py", "run_digests"], environment)
        if ours.count():
            raise BadRun(f"a second run sent {ours.count()} letters")


def _run(command: list[str], environment: dict[str, str]) -> str:
    done = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True)
    return done.stdout


def _in_words(found: dict[str, Any]) -> str:
    words = f"{found['rate']:,.0f} digests/s ({found['send_rate']:,.0f} while sending), "
    words += f"CPU {found['cpu_us']:.0f} µs a digest (choosing {found['build_cpu_us']:.0f}, "
    words += f"sending {found['send_cpu_us']:.0f}), "
    words += f"database {found['db_cpu_us']:.0f}, sink {found['sink_cpu_us']:.0f}, {found['bytes'] / 1000:.1f} kB"
    if "ratio" in found:
        words += f"; smtp-source {found['c_rate']:,.0f}/s, CPU {found['c_cpu_us']:.0f} µs; ratio {found['ratio']:.2f}"
    return words


def _summary(plan: Plan, rounds: list[dict[str, Any]]) -> dict[str, Any]:
    def median(key: str) -> float:
        values = [one[key] for one in rounds if key in one]
        return round(statistics.median(values), 3) if values else math.nan

    c_rates = [one["c_rate"] for one in rounds if "c_rate" in one]
    peers = _peer_medians(rounds)
    newsletter = peers.get("django-newsletter", {})
    return {
        "digests_per_s": median("rate"),
        "digests_per_s_sending": median("send_rate"),
        "smtp_source_per_s": median("c_rate") if c_rates else None,
        "ratio_to_smtp_source": median("ratio") if c_rates else None,
        "ratio_min_max": [round(f([one["ratio"] for one in rounds]), 2) for f in (min, max)] if c_rates else None,
        "is_steady": bool(c_rates) and max(c_rates) / min(c_rates) <= UNSTEADY,
        "cpu_us_per_digest": median("cpu_us"),
        "cpu_us_choosing": median("build_cpu_us"),
        "cpu_us_sending": median("send_cpu_us"),
        "cpu_ratio_smtp_source": round(median("cpu_us") / median("c_cpu_us"), 2) if c_rates else None,
        "cpu_ratio_django_newsletter": newsletter.get("cpu_ratio"),
        "django_newsletter_per_s": newsletter.get("rate"),
        "speed_ratio_django_newsletter": newsletter.get("speed_ratio"),
        "peers": peers or None,
        "peer_recipients": plan.peer_recipients or None,
        "db_cpu_us": median("db_cpu_us"),
        "sink_cpu_us": median("sink_cpu_us"),
        "rss_mb": round(max(one["rss_mb"] for one in rounds)),
        "bytes_per_letter": rounds[0]["bytes"],
        "db": plan.db,
        "recipients": plan.recipients,
        "workers": plan.workers,
        "rounds": plan.rounds,
        "machine": f"{os.cpu_count()} cores, {platform.platform()}, Python {platform.python_version()}",
        "load": [round(one, 1) for one in os.getloadavg()],
        "gates": "round: due = rows sent = letters in the sink; 200 letters as the slow way has them; a second run: 0",
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "command": " ".join(["manage.py", *sys.argv[1:]]),
    }


def _peer_medians(rounds: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Return the medians of each peer's figures over the rounds, ratios by round."""
    names = rounds[0].get("peers", {})
    return {
        name: {key: round(statistics.median(one["peers"][name][key] for one in rounds), 3) for key in names[name]}
        for name in names
    }
