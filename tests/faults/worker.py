"""run_digests with a place to die. `python -m tests.faults.worker` is the nursery: Django is loaded once, workers are
forked from it on demand, so that a death costs a tenth of a second and not two.

A line of JSON on its input, ["work", options…] or ["act", name, arguments…], starts one; it tells "born PID" and "gone
PID CODE". When its input ends, so does every worker. The product knows nothing of all this: the places are wrapped from
outside.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import itertools
import json
import os
import select
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

import django

# place: (module, attribute path, whether it dies before or after the call)
PLACES = {
    "mid_build": ("newsletter.building.build", "insert_digests", "after"),
    "before_ready": ("newsletter.models.edition", "Edition.mark_ready", "before"),
    "after_claim": ("newsletter.sending.batch", "Batch.claim", "after"),
    "after_prepare": ("newsletter.sending.batch", "Batch.prepare", "after"),
    "after_intent": ("newsletter.sending.batch", "Batch.intend", "after"),
    "before_dot": ("newsletter.sending.journal", "Intent.leaving", "after"),
    "after_250": ("newsletter.sending.journal", "Intent.answered", "before"),
    "after_record": ("newsletter.sending.journal", "Intent.answered", "after"),
    "before_commit": ("newsletter.sending.handover", "write_down", "before"),
    "after_commit": ("newsletter.sending.handover", "write_down", "after"),
    "before_done": ("newsletter.models.edition", "Edition.mark_done", "before"),
}


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def wrap(place: str, number: int) -> None:
    """Kill this process at the `number`-th pass of the place."""
    module, path, when = PLACES[place]
    *owners, name = path.split(".")
    owner: Any = importlib.import_module(module)
    for part in owners:
        owner = getattr(owner, part)
    original: Callable = getattr(owner, name)
    passes = itertools.count(1)

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        is_last = next(passes) == number
        if is_last and when == "before":
            die()
        result = original(*args, **kwargs)
        if is_last:
            die()
        return result

    setattr(owner, name, wrapped)


def poison(digest_id: int) -> None:
    """Let the preparing of one digest take the process down, as a fault in a C library would."""
    from newsletter.sending import batch

    original = batch.prepare

    def prepare(edition: Any, digests: Any, **options: Any) -> Any:
        if any(digest.pk == digest_id for digest in digests):
            die()
        return original(edition, digests, **options)

    batch.prepare = prepare


def shorten_leases(seconds: int) -> None:
    from newsletter.models import moves
    from newsletter.sending import journal

    moves.CLAIM_SECONDS = moves.HANDOVER_SECONDS = seconds
    journal.MOST_SECONDS_TO_LEAVE = seconds / 3


def limit_memory(megabytes: int) -> None:
    """Let it grow by so much and no more, as a careful administrator or a full machine does."""
    import resource

    with open("/proc/self/statm") as file:
        now = int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_AS, (now + megabytes * 2**20,) * 2)


def work(words: list[str]) -> None:
    """Run the loop of the product until somebody ends it; `--once` until nothing is left to do."""
    from django.conf import settings
    from django.core.management import call_command

    from mail.transport import server
    from newsletter.management.commands import run_digests

    parser = argparse.ArgumentParser()
    parser.add_argument("--die", default="")
    parser.add_argument("--lease", type=int)
    parser.add_argument("--poison", type=int)
    parser.add_argument("--busy", type=float, help="seconds to wait for SQLite's lock")
    parser.add_argument("--memory", type=int, metavar="MB")
    parser.add_argument("--patience", type=float, help="seconds to wait for each answer of the mail server")
    parser.add_argument("--once", action="store_true")
    options = parser.parse_args(words)
    place, _, number = options.die.partition(":")
    if place:
        wrap(place, int(number or 1))
    if options.lease:
        shorten_leases(options.lease)
    if options.poison:
        poison(options.poison)
    if options.busy:
        settings.DATABASES["default"]["OPTIONS"]["timeout"] = options.busy
    if options.patience:
        server.TIMEOUTS.update(dict.fromkeys(server.TIMEOUTS, options.patience))
    if options.memory:
        limit_memory(options.memory)
    run_digests._PAUSE_SECONDS = float(os.environ.get("TRIAL_PAUSE", run_digests._PAUSE_SECONDS))
    call_command("run_digests", forever=not options.once)


def nursery() -> None:
    from django.urls import get_resolver

    from newsletter.management.commands import run_digests
    from tests.faults import acts

    # Loaded once, for every child.
    assert run_digests
    assert acts
    assert get_resolver().url_patterns
    _say("ready")
    children: set[int] = set()
    while True:
        if select.select([sys.stdin], [], [], 0.01)[0]:
            line = sys.stdin.readline()
            if not line:
                break
            children.add(pid := _fork(json.loads(line)))
            _say(f"born {pid}")
        children -= _reap()
    for pid in children:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _reap() -> set[int]:
    gone = set()
    with contextlib.suppress(ChildProcessError):
        while (found := os.waitpid(-1, os.WNOHANG))[0]:
            gone.add(found[0])
            _say(f"gone {found[0]} {os.waitstatus_to_exitcode(found[1])}")
    return gone


def _fork(order: list) -> int:
    if pid := os.fork():
        return pid
    code = 1
    try:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(2, 1)  # its words belong into the log, not into the talk with the trial
        kind, *words = order
        if kind == "work":
            work(words)
        else:
            from tests.faults import acts

            acts.ACTS[words[0]](*words[1:])
        code = 0
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
        os._exit(code)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    if "FAKETIME_DONT_FAKE_MONOTONIC" in os.environ:
        # Under libfaketime clock_nanosleep fails then ("Invalid argument").
        time.sleep = lambda seconds: select.select([], [], [], seconds) and None  # type: ignore[assignment]
    django.setup()
    nursery()


if __name__ == "__main__":
    main()
