"""The account letters that wait to leave."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
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
        GOODBYE = "goodbye", _("goodbye")
        ADDRESS_NEW = "address_new", _("confirm the new address")
        ADDRESS_OLD = "address_old", _("the address was changed")

    class State(models.TextChoices):
        PENDING = "pending", _("waiting")
        SENDING = "sending", _("being sent")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")

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
        ]
        constraints = [models.CheckConstraint(condition=Q(attempts__lte=8), name="a_notice_is_tried_8_times")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.get_state_display()})"
