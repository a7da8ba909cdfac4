"""What people and operators do in the middle of a trial, with the product's own verbs. Forked from the nursery."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.utils import timezone

from tests.faults.seed import seed


def confirm(first: int, last: int) -> None:
    """Sign up and confirm readers in the very minute of the edition, due at once."""
    from papers.models import Topic
    from subscribers.models import Subscriber, TopicPreference

    now = timezone.now()
    for number in range(first, last):
        reader = Subscriber.objects.create(email=f"late{number}@host.example")
        reader.confirm(now=now)
        TopicPreference.objects.create(subscriber=reader, topic=Topic.objects.filter(papers__isnull=False)[0])
        Subscriber.objects.filter(pk=reader.pk).update(next_digest_at=now, next_digest_day=now.date())


def erase(emails: list[str]) -> None:
    """Delete readers and all that is known of them, as their own button does."""
    from subscribers.models import Subscriber
    from subscribers.preferences import data

    for reader in Subscriber.objects.filter(email__in=emails):
        data.forget(reader, now=timezone.now())


def leave(emails: list[str]) -> None:
    """Let readers leave, one transaction each."""
    from subscribers import leaving
    from subscribers.models import Subscriber

    for reader in Subscriber.objects.filter(email__in=emails):
        leaving.leave(reader, by="page", now=timezone.now())


def links(path: str) -> None:
    """Write every reader's unsubscribe token to a file, by address."""
    from subscribers.models import Subscriber
    from subscribers.tokens import Purpose

    now = timezone.now()
    tokens = {reader.email: reader.token(Purpose.UNSUBSCRIBE, now=now) for reader in Subscriber.objects.all()}
    Path(path).write_text(json.dumps(tokens))


def order(name: str, times: int = 1) -> None:
    """Carry out an editor's order on the only edition, as the button in admin does, as often as pressed."""
    from django.contrib.auth import get_user_model

    from newsletter.models import Edition
    from newsletter.steering import ORDERS, carry_out
    from papers.clock import database_now

    user, _ = get_user_model().objects.get_or_create(username="editor", is_staff=True)
    for _press in range(times):
        carry_out(ORDERS[name], Edition.objects.latest("day"), user=user, now=database_now())


def press_resume_ten_times() -> None:
    order("resume", times=10)


def ring(times: int, expired: bool = False) -> None:
    """Ring the doorbell so often at once, or with a message that is a day old."""
    import datetime as dt

    from config.celery import app

    for _ in range(times):
        expires = timezone.now() - dt.timedelta(days=1) if expired else None
        app.send_task("newsletter.tasks.tick", expires=expires, retry=False)


ACTS: dict[str, Callable[..., Any]] = {
    verb.__name__: verb for verb in (confirm, erase, leave, links, order, press_resume_ten_times, ring, seed)
}
