"""Readers of whom nothing is seen: asked once whether the digest is still of use, and left in peace if they are silent.

Opens do not count, since proxies open everything: a click, a word on a paper, a change of wishes, the button in the
letter. A reader who did not agree to be counted shows no clicks, and is asked once in a while.
"""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q

from subscribers import letters
from subscribers.models import Notice, Subscriber

ANSWER_TIME = dt.timedelta(days=14)
_AT_A_TIME = 500


def ask_and_stop(*, now: dt.datetime) -> tuple[int, int]:
    """Ask the silent and pause those who were asked two weeks ago; return how many of each, some hundreds at a time."""
    if not settings.SILENT_DAYS:
        return 0, 0
    return _ask(now), _stop(now)


def _ask(now: dt.datetime) -> int:
    since = now - dt.timedelta(days=settings.SILENT_DAYS)
    silent = Subscriber.objects.silent_since(since).filter(Q(asked_at=None) | Q(asked_at__lt=since))
    asked = 0
    for reader in silent.order_by("id")[:_AT_A_TIME]:
        with transaction.atomic():
            mine = Subscriber.objects.filter(pk=reader.pk, asked_at=reader.asked_at)
            if mine.update(asked_at=now):
                letters.write(reader, Notice.Kind.MISS_YOU, now=now)
                asked += 1
    return asked


def _stop(now: dt.datetime) -> int:
    # Spelled without a "not": a NULL on either side would make it unknown and lose the row.
    is_silent = Q(seen_at=None) | Q(seen_at__lt=F("asked_at"))
    asked = Subscriber.objects.active().filter(is_silent, confirmed_at__lt=F("asked_at"))
    # Only those whom the letter reached: silence answers a question, not a failure of ours.
    letter = Notice.objects.filter(subscriber=OuterRef("pk"), kind=Notice.Kind.MISS_YOU)
    reached = letter.filter(sent_at__gte=OuterRef("asked_at"), sent_at__lt=now - ANSWER_TIME)
    silent = asked.filter(Exists(reached)).order_by("id")[:_AT_A_TIME]
    return sum(reader.pause(until=None, now=now) for reader in silent)
