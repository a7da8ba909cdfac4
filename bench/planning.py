"""Plan a day for a million readers: python -m bench.planning [--readers N] [--workers W] [--history DAYS].

Everybody is due at once. Each worker chooses papers and writes rows until nobody is left; one of them is killed with
-9 on the way and another takes over. Wants PostgreSQL, two free cores and, for a million, 6 GB of disk.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.delivery.run import POSTGRES, ROOT
from bench.postgres import Cluster, cluster

DATABASE = "bench"
SEEDED = 1_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readers", type=int, default=1_000_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--history", type=int, default=0, metavar="DAYS", help="digests that each reader had before")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.worker:
        work()
        return
    with filled(args.readers, args.history) as (server, environment):
        print(json.dumps(plan(server, environment, args.workers, args.readers) | {"history_days": args.history}))


@contextlib.contextmanager
def filled(readers: int, history: int = 0) -> Iterator[tuple[Cluster, dict[str, str]]]:
    """Give a server of our own with so many readers, and the environment of processes that work on it."""
    with tempfile.TemporaryDirectory(prefix="paper-round-bench-") as name, cluster(options=POSTGRES) as server:
        environment = {
            **os.environ,
            "DATABASE_URL": server.url(DATABASE),
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "VAR_DIR": str(Path(name) / "var"),
            "REDIS_URL": "",
            "LOG_LEVEL": "ERROR",
            "OPENBLAS_NUM_THREADS": "1",
        }
        fill(server, environment, readers, history)
        yield server, environment


def fill(server: Cluster, environment: dict[str, str], readers: int, history: int) -> None:
    """Make a thousand readers the product's way, and the others from them."""
    command = [sys.executable, "-m", "bench.delivery.seed", str(SEEDED)]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
    copies = readers // SEEDED - 1
    own = {"id": f"id + n * {SEEDED}", "email": "n || email", "email_normalised": "n || email_normalised"}
    copy(server, "subscribers_subscriber", own, copies)
    topics = {"id": "id + n * 1000000", "subscriber_id": f"subscriber_id + n * {SEEDED}"}
    copy(server, "subscribers_topicpreference", topics, copies)
    for day in range(1, history + 1):
        had_before(server, day)
    server.execute("VACUUM ANALYZE", DATABASE)
    print(f"{readers:,} readers are due, each with {history} earlier digests.", flush=True)


def copy(server: Cluster, table: str, own: dict[str, str], copies: int) -> None:
    """Insert every row of a table so many times again, with these columns changed."""
    asked = f"SELECT column_name FROM information_schema.columns WHERE table_name = '{table}'"
    names = [name for (name,) in server.rows(asked, DATABASE)]
    columns, values = (", ".join(f'"{name}"' for name in names), ", ".join(own.get(n, f'"{n}"') for n in names))
    rows = f"SELECT {values} FROM {table}, generate_series(1, {copies}) AS n"
    server.execute(f"INSERT INTO {table} ({columns}) {rows}", DATABASE)


def had_before(server: Cluster, days_ago: int) -> None:
    """Give every reader a digest of an earlier day, of ten papers that are no candidates any more."""
    day, picks = f"current_date - {days_ago}", "\n".join(f"{10_000 + n} new" for n in range(10))
    server.execute(
        "INSERT INTO newsletter_edition (day, state, note, is_paused, paused_reason, has_braked, candidate_count,"
        " excluded_count, closing_accounts, findings, expires_at, created_at)"
        f" SELECT {day}, 'done', '', false, '', false, 0, 0, '{{}}', '[]', now(), now() - interval '{days_ago} days'",
        DATABASE,
    )
    server.execute(
        "INSERT INTO newsletter_digest (edition_id, subscriber_id, picks, state, reason, attempts, resends, reclaims,"
        " due_at, expires_at, not_before, lease_owner, claim_no, created_at, provider_id, last_stage, last_code)"
        f" SELECT e.id, s.id, '{picks}', 'sent', '', 1, 0, 0, at, at, at, '', 1, at, '', '', ''"
        f" FROM subscribers_subscriber s, newsletter_edition e, (SELECT now() - interval '{days_ago} days' AS at) t"
        f" WHERE e.day = {day}",
        DATABASE,
    )


def plan(server: Cluster, environment: dict[str, str], workers: int, readers: int) -> dict[str, object]:
    """Let the workers plan and return the figures; the first one dies when a third is done."""
    cpu, started = server.cpu_seconds(), time.monotonic()
    running = [start(environment) for _ in range(workers)]
    while count(server) < readers // 3:
        time.sleep(0.2)
    running.pop(0).kill()
    at_death = count(server)
    running.append(start(environment))
    reports = [json.loads(worker.communicate()[0]) for worker in running]
    seconds = time.monotonic() - started
    rows = server.rows("SELECT count(*), count(DISTINCT subscriber_id) FROM newsletter_digest d JOIN newsletter_edition"
                       " e ON e.id = d.edition_id WHERE e.state <> 'done'", DATABASE)[0]  # fmt: skip
    if rows != (readers, readers):
        raise SystemExit(f"{rows[0]:,} rows for {rows[1]:,} readers, {readers:,} were due: judge nothing by this run")
    return {
        "readers": readers,
        "seconds": round(seconds, 1),
        "planned_when_one_was_killed": at_death,
        "worker_cpu_us": round(sum(report["cpu_s"] for report in reports) / readers * 1e6),  # without the dead one's
        "db_cpu_us": round((server.cpu_seconds() - cpu) / readers * 1e6),
        "rss_mb": round(max(report["rss_mb"] for report in reports)),
        "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}",
        "load": [round(one, 1) for one in os.getloadavg()],
        "at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "command": " ".join(["python -m bench.planning", *sys.argv[1:]]),
    }


def start(environment: dict[str, str]) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "bench.planning", "--worker"]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)


def count(server: Cluster) -> int:
    asked = "SELECT candidate_count FROM newsletter_edition ORDER BY day DESC LIMIT 1"
    return next((number for (number,) in server.rows(asked, DATABASE)), 0)


def work() -> None:
    import django

    django.setup()
    from newsletter.building import build_due
    from papers.clock import database_now

    build_due(now=database_now())
    rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"cpu_s": time.process_time(), "rss_mb": rss}))


if __name__ == "__main__":
    main()
