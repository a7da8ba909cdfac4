"""Who reads: subscribers, what they follow, what they agreed to, and whom we must leave alone."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import uuid
import zoneinfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from papers.models import Topic
from subscribers.cadence import Wishes, next_due


def normalise_address(email: str) -> str:
    """Return the address as we compare it: the domain in lower case, the local part as the reader wrote it."""
    local, _at, domain = email.strip().rpartition("@")
    return f"{local}@{domain.lower()}"


def hash_address(email: str) -> str:
    """Return the keyed hash under which an address is remembered after it is deleted, 64 hex digits."""
    # Lower case on purpose: somebody who left as A@x.org must not be written to as a@x.org.
    return hmac.digest(settings.HASH_KEY.encode(), email.strip().lower().encode(), hashlib.sha256).hex()


def validate_timezone(value: str) -> None:
    if value not in zoneinfo.available_timezones():
        raise ValidationError(_("“%(value)s” is no time zone of the tz database."), params={"value": value})


class SubscriberQuerySet(models.QuerySet["Subscriber"]):
    def active(self) -> SubscriberQuerySet:
        """Return the readers who confirmed and have not left."""
        return self.filter(state=Subscriber.State.ACTIVE)

    def due(self, *, now: dt.datetime) -> SubscriberQuerySet:
        """Return the active readers whose next digest is due at `now`, longest waiting first."""
        return self.active().filter(next_digest_at__lte=now).order_by("next_digest_at", "id")


class Subscriber(models.Model):
    """A reader: address, state, wishes. Only the methods here change the state."""

    class State(models.TextChoices):
        PENDING = "pending", _("waiting for confirmation")
        ACTIVE = "active", _("active")
        PAUSED = "paused", _("paused")
        UNSUBSCRIBED = "unsubscribed", _("left")
        UNREACHABLE = "unreachable", _("unreachable")
        COMPLAINED = "complained", _("complained")

    class Cadence(models.TextChoices):
        DAILY = "daily", _("every day")
        WEEKDAYS = "weekdays", _("Monday to Friday")
        DAYS = "days", _("on chosen days")
        WEEKLY = "weekly", _("once a week")

    class Consent(models.TextChoices):
        UNKNOWN = "unknown", _("never asked")
        GRANTED = "granted", _("granted")
        DENIED = "denied", _("denied")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    email = models.EmailField(max_length=254)
    email_normalised = models.CharField(max_length=254, unique=True, editable=False)
    state = models.CharField(max_length=12, choices=State, default=State.PENDING, db_index=True)
    language = models.CharField(max_length=10, default="en")

    topics = models.ManyToManyField(Topic, through="TopicPreference", related_name="followers")
    keywords = models.JSONField(default=list, blank=True)
    authors = models.JSONField(default=list, blank=True)

    cadence = models.CharField(max_length=10, choices=Cadence, default=Cadence.DAILY)
    days = models.JSONField(default=list, blank=True, help_text=_("Chosen weekdays, Monday is 0."))
    timezone = models.CharField(max_length=64, default="UTC", validators=[validate_timezone])
    hour = models.PositiveSmallIntegerField(default=7, help_text=_("The local hour, 0 to 23."))
    size = models.PositiveSmallIntegerField(default=10, help_text=_("Papers in a digest."))
    min_papers = models.PositiveSmallIntegerField(default=1, help_text=_("With fewer good papers, no digest."))
    paused_until = models.DateField(null=True, blank=True)
    quiet_holidays = models.CharField(
        max_length=2, blank=True, help_text=_("The country on whose public holidays no digest comes.")
    )
    tracking = models.CharField(max_length=8, choices=Consent, default=Consent.UNKNOWN)

    # When the next digest is due (UTC) and which local day it is for: written ahead, so that "who is due" is one index.
    next_digest_at = models.DateTimeField(null=True, blank=True)
    next_digest_day = models.DateField(null=True, blank=True)
    # The local day of the newest digest: papers since then belong into the next one, and no day comes twice.
    last_digest_day = models.DateField(null=True, blank=True)

    # Counted up to make every link sent so far useless.
    link_epoch = models.PositiveIntegerField(default=0)
    soft_bounces = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    left_at = models.DateTimeField(null=True, blank=True)
    left_reason = models.CharField(max_length=40, blank=True)

    objects = SubscriberQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["next_digest_at", "id"], name="who_is_due", condition=Q(state="active")),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(hour__lte=23), name="an_hour_is_0_to_23"),
            models.CheckConstraint(condition=Q(size__gte=1) & Q(size__lte=50), name="a_digest_holds_1_to_50_papers"),
            models.CheckConstraint(
                condition=~Q(state="active") | Q(confirmed_at__isnull=False),
                name="an_active_reader_has_confirmed",
            ),
        ]

    def __str__(self) -> str:
        return f"Reader {self.pk}"

    def save(self, **kwargs) -> None:
        self.email_normalised = normalise_address(self.email)
        super().save(**kwargs)

    def wishes(self) -> Wishes:
        """Return when this reader wants digests, as a plain value."""
        return Wishes(
            cadence=self.cadence,
            days=tuple(self.days),
            timezone=self.timezone,
            hour=self.hour,
            paused_until=self.paused_until,
            last_day=self.last_digest_day,
            quiet_holidays=self.quiet_holidays,
        )

    def plan_next_digest(self, *, after: dt.datetime) -> None:
        """Set when the next digest is due, later than `after`; the caller saves."""
        due = next_due(after, self.wishes())
        self.next_digest_at, self.next_digest_day = due.at, due.day


class TopicPreference(models.Model):
    """How much a reader wants a topic."""

    class Weight(models.IntegerChoices):
        MUTE = -2, _("never")
        LESS = -1, _("less")
        FOLLOW = 1, _("follow")
        MORE = 2, _("more")

    subscriber = models.ForeignKey(Subscriber, models.CASCADE, related_name="topic_preferences")
    topic = models.ForeignKey(Topic, models.CASCADE, related_name="preferences")
    weight = models.SmallIntegerField(choices=Weight, default=Weight.FOLLOW)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subscriber", "topic"], name="one_wish_a_topic"),
            models.CheckConstraint(condition=Q(weight__in=[-2, -1, 1, 2]), name="a_wish_is_never_less_follow_or_more"),
        ]

    def __str__(self) -> str:
        return f"{self.get_weight_display()}: {self.topic}"


class ConsentRecord(models.Model):
    """What a reader was shown and answered, and when: the proof, kept after the reader is deleted (art. 7 GDPR)."""

    class Purpose(models.TextChoices):
        SUBSCRIPTION = "subscription", _("the digest")
        TRACKING = "tracking", _("learning from opens and clicks")

    class Action(models.TextChoices):
        ASKED = "asked", _("asked for")
        GIVEN = "given", _("given")
        WITHDRAWN = "withdrawn", _("withdrawn")

    # Deleting the reader leaves the record with the keyed hash alone.
    subscriber = models.ForeignKey(Subscriber, models.SET_NULL, null=True, related_name="consents")
    address_hash = models.CharField(max_length=64, db_index=True)
    purpose = models.CharField(max_length=12, choices=Purpose)
    action = models.CharField(max_length=10, choices=Action)
    form = models.CharField(max_length=40, help_text=_("Where it was said: the page, the embedded form, an import."))
    wording = models.TextField(blank=True, help_text=_("The text that stood beside the button."))
    language = models.CharField(max_length=10, default="en")
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} {self.get_action_display()} {self.at:%Y-%m-%d}"


class Suppression(models.Model):
    """An address that must get no letter, known by its keyed hash only."""

    class Reason(models.TextChoices):
        COMPLAINED = "complained", _("complained")
        UNREACHABLE = "unreachable", _("unreachable")
        DELETED = "deleted", _("asked to be deleted")
        EDITOR = "editor", _("the editor's list")

    address_hash = models.CharField(max_length=64, unique=True)
    reason = models.CharField(max_length=12, choices=Reason)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.address_hash[:8]} ({self.get_reason_display()})"


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
