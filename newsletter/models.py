"""What is sent and what comes back: editions, digests, events."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from papers.models import Paper
from subscribers.models import Subscriber


class Edition(models.Model):
    """One calendar day of the newsletter: its candidates, the editor's hand, its state and its accounts."""

    class State(models.TextChoices):
        PLANNED = "planned", _("planned")
        BUILDING = "building", _("being built")
        READY = "ready", _("ready")
        SENDING = "sending", _("being sent")
        DONE = "done", _("done")
        DONE_WITH_ERRORS = "done_with_errors", _("done with errors")
        EXPIRED = "expired", _("expired")
        CANCELLED = "cancelled", _("cancelled")

    day = models.DateField(unique=True)
    state = models.CharField(max_length=16, choices=State, default=State.PLANNED)
    note = models.TextField(blank=True, help_text=_("A word from the editor at the head of every digest."))
    is_paused = models.BooleanField(default=False)
    paused_reason = models.CharField(max_length=200, blank=True)
    # Readers who became due for this day, and those of them who got no digest row; both grow as the earth turns.
    candidate_count = models.PositiveIntegerField(default=0)
    excluded_count = models.PositiveIntegerField(default=0)
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-day"]

    def __str__(self) -> str:
        return f"{self.day:%A, %d %B %Y}"


class Placement(models.Model):
    """The editor's hand on one paper of an edition."""

    class Kind(models.TextChoices):
        PIN = "pin", _("in every digest, at the top")
        BAN = "ban", _("in no digest")

    edition = models.ForeignKey(Edition, models.CASCADE, related_name="placements")
    paper = models.ForeignKey(Paper, models.CASCADE, related_name="placements")
    kind = models.CharField(max_length=3, choices=Kind)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["edition", "paper"], name="one_placement_a_paper")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.paper}"


class Digest(models.Model):
    """One reader's issue of one edition, from the choice of papers to its final state. Nothing is deleted."""

    class State(models.TextChoices):
        PENDING = "pending", _("waiting")
        LEASED = "leased", _("claimed")
        SENDING = "sending", _("being handed over")
        SENT = "sent", _("sent")
        UNKNOWN = "unknown", _("in doubt")
        FAILED = "failed", _("failed")
        SKIPPED = "skipped", _("not sent")

    edition = models.ForeignKey(Edition, models.PROTECT, related_name="digests")
    # A deleted reader's digests stay for the accounts, without a name.
    subscriber = models.ForeignKey(Subscriber, models.SET_NULL, null=True, related_name="digests")
    # The choice, in order: [{"paper": id, "reason": {"kind": "topic", "value": "Vision"}}, …]
    picks = models.JSONField(default=list)
    state = models.CharField(max_length=8, choices=State, default=State.PENDING)
    reason = models.CharField(max_length=200, blank=True)

    attempts = models.PositiveSmallIntegerField(default=0)
    resends = models.PositiveSmallIntegerField(default=0)
    reclaims = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField()
    lease_owner = models.CharField(max_length=64, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    claim_no = models.PositiveIntegerField(default=0)

    created_at = models.DateTimeField(auto_now_add=True)
    sending_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    bounced_at = models.DateTimeField(null=True, blank=True)
    complained_at = models.DateTimeField(null=True, blank=True)
    provider_id = models.CharField(max_length=200, blank=True)
    last_stage = models.CharField(max_length=16, blank=True)
    last_code = models.CharField(max_length=16, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["edition", "not_before", "id"], name="digests_waiting", condition=Q(state="pending")),
            models.Index(fields=["lease_until"], name="digests_in_hand", condition=Q(state__in=["leased", "sending"])),
            models.Index(fields=["sending_at"], name="digests_in_doubt", condition=Q(state="unknown")),
        ]
        constraints = [
            models.UniqueConstraint(fields=["edition", "subscriber"], name="one_digest_a_reader_and_day"),
            models.CheckConstraint(condition=Q(resends__lte=1), name="a_digest_is_resent_once_at_most"),
            models.CheckConstraint(condition=Q(attempts__lte=8), name="a_digest_is_tried_8_times_at_most"),
            models.CheckConstraint(
                condition=~Q(state__in=["unknown", "failed", "skipped"]) | ~Q(reason=""),
                name="what_was_not_sent_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"Digest {self.pk}"


class Event(models.Model):
    """Something that came back. It holds no address of the reader's machine."""

    class Kind(models.TextChoices):
        DELIVERED = "delivered", _("delivered")
        BOUNCED = "bounced", _("bounced")
        DEFERRED = "deferred", _("deferred")
        COMPLAINED = "complained", _("complained")
        OPENED = "opened", _("opened")
        CLICKED = "clicked", _("clicked")
        MORE = "more", _("more like this")
        LESS = "less", _("less like this")
        UNSUBSCRIBED = "unsubscribed", _("unsubscribed")

    kind = models.CharField(max_length=12, choices=Kind)
    # What a reader did is theirs: it goes when they go. The digest keeps its dates for the accounts.
    subscriber = models.ForeignKey(Subscriber, models.CASCADE, null=True, related_name="events")
    digest = models.ForeignKey(Digest, models.SET_NULL, null=True, related_name="events")
    paper = models.ForeignKey(Paper, models.SET_NULL, null=True, related_name="events")
    at = models.DateTimeField(db_index=True)
    is_machine = models.BooleanField(default=False, help_text=_("A scanner or proxy, not a person."))
    # What makes a repeated report the same event: the provider's event id, or digest, kind and paper.
    key = models.CharField(max_length=120, unique=True)
    detail = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-at"]
        indexes = [models.Index(fields=["subscriber", "kind", "at"], name="what_a_reader_did")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.at:%Y-%m-%d %H:%M}"
