"""Delete a million old digests while new ones leave: python -m bench.discarding [--readers N] [--recipients N].

Two editions of more than a year ago, with a digest and four events in two for each of the readers, are deleted beside a
worker that sends, and the rest of them alone. Wants PostgreSQL, two free cores and 3 GB of disk.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import platform
import signal
import subprocess
import sys
import time

import django

from bench.delivery.run import ROOT
from bench.delivery.sinks import sink
from bench.planning import DATABASE, filled, had_before
from bench.postgres import Cluster

DAYS_AGO = (500, 501)
KINDS = ("delivered", "opened")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readers", type=int, default=500_000)
    parser.add_argument("--recipients", type=int, default=20_000, help="of them, who are due today")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.worker:
        work()
        return
    with filled(args.readers) as (server, environment):
        grow_old(server)
        print(json.dumps(measure(server, environment, args.recipients)))


def grow_old(server: Cluster) -> None:
    for days in DAYS_AGO:
        had_before(server, days)
    counted = "SELECT count(*) FROM newsletter_digest WHERE edition_id = e.id"
    closed = f"closing_accounts = json_build_object('sent', ({counted}))"
    server.execute(f"UPDATE newsletter_edition e SET {closed}", DATABASE)
    for kind in KINDS:
        server.execute(
            "INSERT INTO newsletter_event (kind, subscriber_id, digest_id, at, is_machine, key, verdict, detail)"
            f" SELECT '{kind}', subscriber_id, id, due_at, false, '{kind}/' || id, '', '' FROM newsletter_digest",
            DATABASE,
        )
    server.execute("VACUUM ANALYZE", DATABASE)


def measure(server: Cluster, environment: dict[str, str], recipients: int) -> dict[str, object]:
    alone = [send(server, environment, recipients) for _ in range(3)]
    discarding = start(["bench.discarding", "--worker"], environment)
    beside = send(server, environment, recipients)
    discarding.send_signal(signal.SIGTERM)
    first = json.loads(discarding.communicate()[0])
    then = json.loads(start(["bench.discarding", "--worker"], environment).communicate()[0])
    left = server.rows(f"SELECT count(*) FROM newsletter_digest WHERE due_at < now() - interval '{DAYS_AGO[0]} days'",
                       DATABASE)[0][0]  # fmt: skip
    kept = server.rows("SELECT day, closing_accounts FROM newsletter_edition ORDER BY day LIMIT 2", DATABASE)
    if left:
        raise SystemExit(f"{left:,} old digests are left: judge nothing by this run")
    return {
        "sent_per_s_alone": alone,
        "sent_per_s_beside": beside,
        "beside": first,
        "then_alone": then,
        "kept": [accounts for _day, accounts in kept],
        "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}",
        "load": [round(one, 1) for one in os.getloadavg()],
        "at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "command": " ".join(["python -m bench.discarding", *sys.argv[1:]]),
    }


def send(server: Cluster, environment: dict[str, str], recipients: int) -> int:
    """Choose for and send to so many readers who are due; return how many letters left a second."""
    today = "(SELECT id FROM newsletter_edition WHERE day > current_date - 100)"
    server.execute(f"DELETE FROM newsletter_digest WHERE edition_id IN {today}", DATABASE)
    server.execute(f"DELETE FROM newsletter_edition WHERE id IN {today}", DATABASE)
    server.execute("UPDATE subscribers_subscriber SET next_digest_at = NULL WHERE next_digest_at IS NOT NULL", DATABASE)
    due = "next_digest_at = now() - interval '1 minute', next_digest_day = current_date, last_digest_day = NULL"
    server.execute(f"UPDATE subscribers_subscriber SET {due} WHERE id <= {recipients}", DATABASE)
    with sink() as ours:
        worker = start(["bench.delivery.worker"], environment | {"EMAIL_URL": f"smtp://127.0.0.1:{ours.port}"})
        report = json.loads(worker.communicate("go\n")[0].splitlines()[-1])
    assert report["tally"]["sent"] == recipients, report
    return round(recipients / (report["build_s"] + report["send_s"]))


def start(module: list[str], environment: dict[str, str]) -> subprocess.Popen[str]:
    command, pipe = [sys.executable, "-m", *module], subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdin=pipe, stdout=pipe, text=True)


def work() -> None:
    """Discard until nothing is left or somebody says stop; tell how fast, and the longest step."""
    django.setup()
    from newsletter.discarding import discard
    from papers.clock import database_now

    stopped: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _frame: stopped.append(number))
    ends = [time.monotonic()]
    cpu = time.process_time()

    def is_over() -> bool:
        ends.append(time.monotonic())
        return bool(stopped)

    done = discard(now=database_now(), is_over=is_over)
    steps = sorted(after - before for before, after in zip(ends, ends[1:], strict=False))
    seconds = ends[-1] - ends[0]
    print(
        json.dumps(
            {
                **done,
                "digests_per_s": round(done["digests"] / seconds),
                "seconds": round(seconds, 1),
                "cpu_s": round(time.process_time() - cpu, 1),
                "step_ms": {"median": ms(steps[len(steps) // 2]), "longest": [ms(step) for step in steps[-3:]]},
            }
        )
    )


def ms(seconds: float) -> int:
    return round(seconds * 1_000)


if __name__ == "__main__":
    main()
