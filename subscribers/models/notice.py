"""The account letters that wait to leave."""

from __future__ import annotations

import datetime as dt

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from .subscriber import Subscriber


class Notice(models.Model):
    """One account letter that waits to leave: written in the request, sent by a worker, so no page waits for a mail
    server and every sign-up answers in the same time."""

    class Kind(models.TextChoices):
        CONFIRM = "confirm", _("confirm your address")
        ALREADY = "already", _("you are already a reader")
        WELCOME = "welcome", _("welcome")
        MANAGE = "manage", _("your link to the preferences")
        ADDRESS_NEW = "address_new", _("confirm the new address")
        ADDRESS_OLD = "address_old", _("the address was changed")
        MISS_YOU = "miss_you", _("is it still of use to you?")

    class State(models.TextChoices):
        PENDING = "pending", _("waiting")
        SENDING = "sending", _("being sent")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")

    MOST_ATTEMPTS = 8

    subscriber = models.ForeignKey(Subscriber, models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=12, choices=Kind)
    state = models.CharField(max_length=8, choices=State, default=State.PENDING)
    details = models.JSONField(default=dict, blank=True)
    not_before = models.DateTimeField()
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["not_before", "id"], name="notices_waiting", condition=Q(state="pending")),
            # Looked for every ten seconds: without it, among all the letters that were ever sent.
            models.Index(fields=["lease_until"], name="notices_in_hand", condition=Q(state="sending")),
        ]
        constraints = [models.CheckConstraint(condition=Q(attempts__lte=8), name="a_notice_is_tried_8_times")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.get_state_display()})"

    def claim(self, *, until: dt.datetime) -> bool:
        """Take the letter in hand; False when somebody else has it. The eighth failed try was the last."""
        seen = {"state": self.state, "lease_until": self.lease_until, "attempts__lt": self.MOST_ATTEMPTS}
        mine = Notice.objects.filter(pk=self.pk, **seen)
        taken = mine.update(state=self.State.SENDING, lease_until=until, attempts=F("attempts") + 1) == 1
        self.state, self.lease_until, self.attempts = self.State.SENDING, until, self.attempts + taken
        return taken

    def mark_sent(self, *, now: dt.datetime) -> None:
        """The mail server took it."""
        self._write(state=self.State.SENT, sent_at=now, reason="")

    def mark_failed(self, reason: str) -> None:
        """It will not leave; the reason says why."""
        self._write(state=self.State.FAILED, reason=reason[:200])

    def put_back(self, *, now: dt.datetime, is_our_fault: bool, retry_after: float = 0) -> None:
        """Try again later: 1, 2, 4 … minutes, or the seconds that the other side asks for; a fault of our own mail
        server costs no try."""
        if is_our_fault:
            self._write(state=self.State.PENDING, attempts=self.attempts - 1, not_before=now + _wait(1, retry_after))
        elif self.attempts >= self.MOST_ATTEMPTS:
            self.mark_failed("given up after 8 tries")
        else:
            self._write(state=self.State.PENDING, not_before=now + _wait(self.attempts, retry_after))

    def _write(self, **values: object) -> None:
        # Only while it is still ours: a worker that slept past its lease must not overwrite what the next one did.
        held = Notice.objects.filter(pk=self.pk, state=self.State.SENDING, lease_until=self.lease_until)
        held.update(**values, lease_until=None)


def _wait(attempt: int, retry_after: float) -> dt.timedelta:
    return max(dt.timedelta(minutes=2 ** (attempt - 1)), dt.timedelta(seconds=retry_after))
