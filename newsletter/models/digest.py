"""One reader's issue of one edition."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import models
from django.db.models import Case, Q, Value, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from newsletter.models.edition import Edition
from newsletter.models.moves import DigestQuerySet
from newsletter.models.picks import PicksField
from subscribers.models import Subscriber

_NOT_SENT = ["failed", "skipped"]
_WITHOUT_NAMES = Case(When(reason__startswith="refused: ", then=Value("refused")), default="reason")


def in_a_day() -> dt.datetime:
    return timezone.now() + dt.timedelta(days=1)


class Digest(models.Model):
    """One reader's issue of one edition, from the choice of papers to its final state; kept for DIGESTS_KEPT_DAYS."""

    class State(models.TextChoices):
        PENDING = "pending", _("waiting")
        LEASED = "leased", _("claimed")
        SENDING = "sending", _("being handed over")
        SENT = "sent", _("sent")
        UNKNOWN = "unknown", _("in doubt")
        FAILED = "failed", _("failed")
        SKIPPED = "skipped", _("not sent")

    # No index of its own: the unique pair below begins with it, and every index is paid three times a letter.
    edition = models.ForeignKey(Edition, models.PROTECT, related_name="digests", db_index=False)
    # A deleted reader's digests stay for the accounts, without a name.
    subscriber = models.ForeignKey(Subscriber, models.SET_NULL, null=True, related_name="digests")
    # The choice, in order: [{"paper": id, "reason": {"kind": "topic", "value": "vision"}}, …]
    picks = PicksField(default=list, blank=True)
    # What the letter says of its reader, as it was when the papers were chosen: topics followed; no digest came before.
    topics = models.PositiveSmallIntegerField(default=0, db_default=0)
    is_first = models.BooleanField(default=False, db_default=False)
    state = models.CharField(max_length=8, choices=State, default=State.PENDING)
    reason = models.CharField(max_length=200, blank=True)

    attempts = models.PositiveSmallIntegerField(default=0)
    # With its choices named, admin's filter asks no ten million rows which values there are.
    resends = models.PositiveSmallIntegerField(default=0, choices=[(0, _("no")), (1, _("once"))])
    reclaims = models.PositiveSmallIntegerField(default=0)
    # The instant the reader asked for, and the one after which it is no news any more.
    due_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(default=in_a_day)
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

    objects = DigestQuerySet.as_manager()

    # Picks hold a reader's words and the authors they follow; by this number a provider's log knows their address; and
    # a server that refuses a letter likes to say whose it is.
    OF_ITS_READER: Mapping[str, Any] = {"picks": [], "topics": 0, "provider_id": "", "reason": _WITHOUT_NAMES}

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["edition", "not_before", "id"], name="digests_waiting", condition=Q(state="pending")),
            # By name and not by state or time: a planner that knows nothing of the minute's rows takes this index for
            # every move of a batch, and then it should hold the batch and not all that is in anybody's hands.
            models.Index(fields=["lease_owner"], name="digests_held_under", condition=Q(lease_owner__gt="")),
            models.Index(fields=["sending_at"], name="digests_in_doubt", condition=Q(state="unknown")),
            models.Index(fields=["edition"], name="digests_bounced", condition=Q(bounced_at__isnull=False)),
            models.Index(fields=["edition"], name="digests_complained", condition=Q(complained_at__isnull=False)),
            # What an operator asks for is rare, and must be found without a look at all that was ever sent.
            models.Index(fields=["edition", "state"], name="digests_not_sent", condition=Q(state__in=_NOT_SENT)),
            models.Index(fields=["edition"], name="digests_sent_twice", condition=Q(resends=1)),
            # For providers that report with nothing but their own id; over SMTP it is empty and costs nothing.
            models.Index(fields=["provider_id"], name="digests_by_provider_id", condition=~Q(provider_id="")),
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
