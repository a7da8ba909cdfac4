"""What an editor may do with a whole edition: from admin and from the command line, shown first, recorded after."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from newsletter.models import Announcement, Digest, Edition

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

Act = Callable[[Edition, dt.datetime], int]


@dataclass(frozen=True, slots=True)
class Order:
    """One thing to do with an edition: `affected` counts the digests it touches, `act` returns 0 if it cannot."""

    name: str
    label: StrOrPromise
    consequence: StrOrPromise
    affected: Callable[[Edition, dt.datetime], int]
    act: Act


def _waiting(edition: Edition, _now: dt.datetime) -> int:
    return edition.digests.filter(state=Digest.State.PENDING).count()


def _retriable(edition: Edition, now: dt.datetime) -> int:
    return edition.digests.retriable(now=now).count()


def _pause(edition: Edition, _now: dt.datetime) -> int:
    return int(edition.pause("paused by an editor"))


def _cancel(edition: Edition, _now: dt.datetime) -> int:
    """Skip what waits, whoever claims meanwhile; what is on the wire arrives."""
    with transaction.atomic():
        edition.digests.cancel("the edition was cancelled")
        return int(edition.mark_cancelled())


def _expire(edition: Edition, _now: dt.datetime) -> int:
    with transaction.atomic():
        edition.digests.expire(reason="expired by an editor")
        return int(edition.mark_expired())


def _retry(edition: Edition, now: dt.datetime) -> int:
    count = edition.digests.retry_failed(now=now)
    if count:
        edition.reopen()
    return count


ORDERS = {
    order.name: order
    for order in (
        Order(
            "pause", _("Pause"), _("These letters wait until you resume; those on the wire arrive."), _waiting, _pause
        ),
        Order(
            "resume",
            _("Resume"),
            _("These letters leave now, unless their reader's day is over by then."),
            _waiting,
            lambda edition, _now: int(edition.resume()),
        ),
        Order("cancel", _("Cancel"), _("These readers are not written to. It cannot be undone."), _waiting, _cancel),
        Order(
            "expire", _("Close as too late"), _("These letters fail as too late and are never sent."), _waiting, _expire
        ),
        Order("retry-failed", _("Retry the failed"), _("These failed letters are tried again."), _retriable, _retry),
    )
}


def carry_out(order: Order, edition: Edition, *, user: AbstractBaseUser, now: dt.datetime) -> bool:
    """Do it and write who did it; False when the edition's state did not allow it."""
    with transaction.atomic():
        count = order.act(edition, now)
        if count:
            _record(Edition.objects.filter(pk=edition.pk), f"{order.name}: {order.label}", user)
    return bool(count)


def release(announcement: Announcement, *, user: AbstractBaseUser, now: dt.datetime) -> bool:
    """Send an announcement to its readers and write who did it; False when it was released before."""
    with transaction.atomic():
        released = announcement.release(now=now)
        if released:
            _record(Announcement.objects.filter(pk=announcement.pk), "released", user)
    return released


def _record(row: QuerySet[Any], what: str, user: AbstractBaseUser) -> None:
    LogEntry.objects.log_actions(
        user_id=user.pk, queryset=row, action_flag=CHANGE, change_message=what, single_object=True
    )
