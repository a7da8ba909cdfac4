"""Turns: some hosts want one connection and a pause, counted over all our workers together."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.utils import timezone

from papers.models import HostTurn
from papers.sources import SourceError

# arXiv's terms: one request every three seconds, one connection, over all machines together.
PAUSES = {"arxiv.org": dt.timedelta(seconds=3)}
# A worker that died with the turn in its hand gives it back after this.
LEASE = dt.timedelta(seconds=90)
PATIENCE = dt.timedelta(minutes=3)


@contextmanager
def turn(host: str, *, patience: dt.timedelta = PATIENCE) -> Iterator[None]:
    """Wait until `host` may be asked, and let the next one wait while we do; a host without a pause is free."""
    group = next((name for name in PAUSES if host == name or host.endswith(f".{name}")), "")
    if not group:
        yield
        return
    _take(group, timezone.now() + patience)
    try:
        yield
    finally:
        HostTurn.objects.filter(host=group).update(free_at=timezone.now() + PAUSES[group])


def _take(group: str, latest: dt.datetime) -> None:
    """Take the turn: the one UPDATE that hits decides. Network politeness needs the clock itself, not a door's."""
    HostTurn.objects.get_or_create(host=group, defaults={"free_at": timezone.now()})
    while True:
        now = timezone.now()
        if HostTurn.objects.filter(host=group, free_at__lte=now).update(free_at=now + LEASE):
            return
        if now > latest:
            raise SourceError(f"{group} is being asked by others for too long; it will be asked at the next run.")
        time.sleep(0.2)
