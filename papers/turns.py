"""Turns: some hosts want one connection and a pause, and any host may ask to be left alone; all our workers keep it."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.utils import timezone

from papers.models import HostTurn
from papers.sources import SourceError
from papers.sources.web import Refused

# arXiv's terms: one request every three seconds, one connection, over all machines together.
PAUSES = {"arxiv.org": dt.timedelta(seconds=3)}
# A worker that died with the turn in its hand gives it back after this.
LEASE = dt.timedelta(seconds=90)
# Others have a turn for seconds; whoever waits longer could be stopped by Celery in the middle of an answer.
PATIENCE = dt.timedelta(seconds=20)


@contextmanager
def turn(host: str, *, patience: dt.timedelta = PATIENCE) -> Iterator[None]:
    """Wait until `host` may be asked, and let the next one wait while we do; a host without a pause is free.

    Raises `Refused` when the host asked for a longer pause than anybody waits.
    """
    group = _group(host)
    _heed(group)
    if group not in PAUSES:
        yield
        return
    _take(group, timezone.now() + patience)
    try:
        yield
    finally:
        now = timezone.now()
        # A pause that the host asked for meanwhile is longer than any lease, and stays.
        HostTurn.objects.filter(host=group, free_at__lte=now + LEASE).update(free_at=now + PAUSES[group])


def hold(host: str, *, pause: dt.timedelta) -> None:
    """Keep what a host asked for: no source of ours asks it again before the pause is over."""
    until = timezone.now() + pause
    turn, is_new = HostTurn.objects.get_or_create(host=_group(host), defaults={"free_at": until})
    if not is_new:
        HostTurn.objects.filter(pk=turn.pk, free_at__lt=until).update(free_at=until)


def _group(host: str) -> str:
    return next((name for name in PAUSES if host == name or host.endswith(f".{name}")), host)


def _heed(group: str) -> None:
    now = timezone.now()
    turn = HostTurn.objects.filter(host=group, free_at__gt=now + (LEASE if group in PAUSES else dt.timedelta())).first()
    if turn:
        rest = (turn.free_at - now).total_seconds()
        raise Refused(f"{group} asked us to wait {max(rest // 60, 1):.0f} minutes more.", group, rest)


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
