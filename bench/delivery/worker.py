"""One worker of the benchmark: gets ready, waits for "go", works until nothing is left, says what it cost."""

from __future__ import annotations

import json
import resource
import sys
import time

import django


def main() -> None:
    from django.db import connection

    from newsletter.building import build_due
    from newsletter.memory import settle
    from newsletter.rehearsing import rehearse
    from newsletter.sending import send_pending
    from papers.clock import database_now

    connection.ensure_connection()
    now = database_now()
    rehearse(now=now)  # as run_digests and Celery's worker do
    settle()
    print("ready", flush=True)
    sys.stdin.readline()
    cpu, wall = time.process_time(), time.monotonic()
    built = build_due(now=now)
    cpu_built, wall_built = time.process_time(), time.monotonic()
    tally = send_pending(now=now)
    cpu_sent, wall_sent = time.process_time(), time.monotonic()
    report = {
        "built": built,
        "tally": tally,
        "build_cpu_s": cpu_built - cpu,
        "build_s": wall_built - wall,
        "send_cpu_s": cpu_sent - cpu_built,
        "send_s": wall_sent - wall_built,
        "bytes": size_of_a_letter(),
        "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps(report), flush=True)


def size_of_a_letter() -> int:
    """Return the mean size of twenty letters, in bytes."""
    from newsletter.models import Digest
    from newsletter.preparing import prepare

    digests = list(Digest.objects.select_related("edition")[:20])
    sizes = [len(letter.wire) for letter in prepare(digests[0].edition, digests, now=digests[0].due_at).letters()]
    return sum(sizes) // len(sizes)


def profiled() -> None:
    import cProfile
    import pstats

    profile = cProfile.Profile()
    profile.runcall(main)
    pstats.Stats(profile, stream=sys.stderr).sort_stats("tottime").print_stats(45)


if __name__ == "__main__":
    django.setup()
    profiled() if "--profile" in sys.argv else main()
