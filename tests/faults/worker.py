"""run_digests with a place to die: python -m tests.faults.worker [--die PLACE[:PASS]] [--lease SECONDS] [--poison ID].

The product knows nothing of it: the places are wrapped from outside.
"""

from __future__ import annotations

import argparse
import importlib
import itertools
import os
import signal
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
    "before_dot": ("newsletter.sending.journal", "Journal.leaving", "after"),
    "after_250": ("newsletter.sending.journal", "Journal.answered", "before"),
    "after_record": ("newsletter.sending.journal", "Journal.answered", "after"),
    "before_commit": ("newsletter.sending.batch", "write_down", "before"),
    "after_commit": ("newsletter.sending.batch", "write_down", "after"),
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


def main() -> None:
    from django.core.management import call_command

    parser = argparse.ArgumentParser()
    parser.add_argument("--die", default="")
    parser.add_argument("--lease", type=int)
    parser.add_argument("--poison", type=int)
    options = parser.parse_args()
    place, _, number = options.die.partition(":")
    if place:
        wrap(place, int(number or 1))
    if options.lease:
        shorten_leases(options.lease)
    if options.poison:
        poison(options.poison)
    call_command("run_digests", forever=True)


if __name__ == "__main__":
    django.setup()
    main()
