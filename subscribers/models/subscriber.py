"""The reader."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Max, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from papers.models import Topic
from subscribers import tokens
from subscribers.cadence import Wishes, next_due, zone_of

from .readers import SubscriberQuerySet
from .suppression import Suppression, normalise_address


def validate_timezone(value: str) -> None:
    if value not in zoneinfo.available_timezones():
        raise ValidationError(_("“%(value)s” is no time zone of the tz database."), params={"value": value})


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

    email = models.EmailField(max_length=254)
    email_normalised = models.CharField(max_length=254, unique=True, editable=False)
    state = models.CharField(max_length=12, choices=State, default=State.PENDING)
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
    wants_quiet_letter = models.BooleanField(default=False, help_text=_("Without a digest, a line that says so."))
    wants_updates = models.BooleanField(
        default=True, help_text=_("A new version of a paper that was sent may come, marked as one.")
    )
    # Asked for apart: whoever wanted a digest has not asked for letters that the editor writes by hand.
    announcements_since = models.DateTimeField(
        null=True, blank=True, help_text=_("Since when the editor's announcements come too.")
    )
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
    # The last thing that this reader did on purpose, and when we asked whether the digest is still of use.
    seen_at = models.DateTimeField(null=True, blank=True)
    asked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    left_at = models.DateTimeField(null=True, blank=True)
    left_reason = models.CharField(max_length=40, blank=True)

    objects = SubscriberQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["next_digest_at", "id"], name="who_is_due", condition=Q(state="active")),
            # Of the others only: each index more is written again with every reader's next date, every day.
            models.Index(fields=["state"], name="who_is_not_active", condition=~Q(state="active")),
            models.Index(Lower("email_normalised"), name="an_address_in_any_case"),
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

    def token(self, purpose: tokens.Purpose, *, now: dt.datetime) -> str:
        """Return the token of a link of this reader's."""
        return tokens.sign(purpose, self.pk, epoch=self.epoch_of(purpose), now=now)

    def epoch_of(self, purpose: tokens.Purpose) -> int:
        """Return what a link must carry to count still: for an undo, the minute of the leave that it takes back."""
        if purpose != tokens.Purpose.UNDO:
            return self.link_epoch
        return int(self.left_at.timestamp()) // 60 if self.left_at else 0

    # --- When the next digest is due ---------------------------------------------------------------------

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

    def _next(self, *, now: dt.datetime) -> dict[str, object]:
        self.plan_next_digest(after=now)
        return {"next_digest_at": self.next_digest_at, "next_digest_day": self.next_digest_day}

    def is_due(self, *, now: dt.datetime) -> bool:
        """Say whether a digest is due at `now`."""
        return self.state == self.State.ACTIVE and self.next_digest_at is not None and self.next_digest_at <= now

    def reschedule(self, *, now: dt.datetime) -> None:
        """Write the next digest ahead again, after a wish changed; only for a reader who gets digests.

        A digest that is due already stays due: building may be about to pick it up, and this day must not be lost.
        """
        if self.next_digest_at is not None and self.next_digest_at <= now:
            return
        self._move([self.State.ACTIVE], **self._next(now=now))

    def ask_first_digest(self, *, now: dt.datetime) -> bool:
        """Make the first digest due at once; False when there was one already."""
        if self.last_digest_day is not None:
            return False
        today = now.astimezone(zone_of(self.timezone)).date()
        return self._move([self.State.ACTIVE], next_digest_at=now, next_digest_day=today)

    @property
    def may_confirm(self) -> bool:
        """Whether a proved address makes this an active reader."""
        return self.state in _MAY_CONFIRM

    @property
    def may_move(self) -> bool:
        """Whether there is a subscription that another address can take over."""
        return self.state in _MAY_MOVE

    # --- State: each change is one guarded UPDATE; its answer says whether it happened ---------------------

    def confirm(self, *, now: dt.datetime) -> bool:
        """Make the reader active: the address was proved. Somebody who complained stays in peace."""
        self.paused_until = None
        Suppression.lift(self.email)
        return self._move(
            _MAY_CONFIRM,
            **self._next(now=now),
            state=self.State.ACTIVE,
            confirmed_at=now,
            paused_until=None,
            left_at=None,
            left_reason="",
        )

    def pause(self, *, until: dt.date | None, now: dt.datetime) -> bool:
        """Send nothing before the local day `until`; None means until the reader says so."""
        self.paused_until = until
        due = self._next(now=now) if until else {"next_digest_at": None, "next_digest_day": None}
        return self._move([self.State.ACTIVE, self.State.PAUSED], **due, state=self.State.PAUSED, paused_until=until)

    def resume(self, *, now: dt.datetime) -> bool:
        """End a pause early; what was missed rolls into the next digest."""
        self.paused_until = None
        return self._move([self.State.PAUSED], **self._next(now=now), state=self.State.ACTIVE, paused_until=None)

    def slow_down(self, *, now: dt.datetime) -> bool:
        """Send one digest a week."""
        self.cadence = self.Cadence.WEEKLY
        return self._move([self.State.ACTIVE], **self._next(now=now), cadence=self.cadence)

    def leave(self, *, now: dt.datetime, reason: str = "") -> bool:
        """Stop all mail, from this moment on, for letters that already wait too."""
        return self._stop(self.State.UNSUBSCRIBED, now=now, reason=reason)

    def undo_leave(self, *, now: dt.datetime) -> bool:
        """Take back a leave: everything as it was."""
        if self.confirmed_at is None:
            return self._move([self.State.UNSUBSCRIBED], state=self.State.PENDING, left_at=None, left_reason="")
        return self._move(
            [self.State.UNSUBSCRIBED],
            **self._next(now=now),
            state=self.State.ACTIVE,
            left_at=None,
            left_reason="",
        )

    def say_why(self, reason: str) -> bool:
        """Keep the reason that somebody gave after leaving."""
        return self._move([self.State.UNSUBSCRIBED], left_reason=reason)

    def mark_unreachable(self, *, now: dt.datetime, reason: str = "") -> bool:
        """Stop all mail: the address refuses it for good."""
        Suppression.remember(self.email, Suppression.Reason.UNREACHABLE, now=now)
        return self._stop(self.State.UNREACHABLE, now=now, reason=reason)

    def mark_complained(self, *, now: dt.datetime) -> bool:
        """Stop all mail for good: the reader called it spam."""
        Suppression.remember(self.email, Suppression.Reason.COMPLAINED, now=now)
        return self._stop(self.State.COMPLAINED, now=now, reason="")

    def move_to(self, email: str, *, now: dt.datetime) -> None:
        """Take another address, which was proved. The links in the old mailbox die; who was unreachable is back."""
        self.email = email
        self.save(update_fields=["email", "email_normalised"])
        Suppression.lift(email)
        self.revoke_links()
        if self.state == self.State.UNREACHABLE:
            self.confirm(now=now)

    def proved_at(self) -> dt.datetime | None:
        """Return since when letters go to the address of now: its owner said yes, to us or in a letter about a move."""
        moved = self.address_changes.aggregate(at=Max("confirmed_at"))["at"]
        return max(filter(None, [self.confirmed_at, moved]), default=None)

    def revoke_links(self) -> None:
        """Make every link sent so far useless but those that stop mail, and those that name one ask, move or leave."""
        Subscriber.objects.filter(pk=self.pk).update(link_epoch=F("link_epoch") + 1)
        self.refresh_from_db(fields=["link_epoch"])

    def _stop(self, state: State, *, now: dt.datetime, reason: str) -> bool:
        return self._move(
            _MAY_STOP[state],
            state=state,
            left_at=now,
            left_reason=reason[:40],
            next_digest_at=None,
            next_digest_day=None,
        )

    def _move(self, allowed: Iterable[State], **values: object) -> bool:
        moved = Subscriber.objects.filter(pk=self.pk, state__in=allowed).update(**values) == 1
        if moved:
            for name, value in values.items():
                setattr(self, name, value)
        else:
            self.refresh_from_db()
        return moved


_State = Subscriber.State
_MAY_CONFIRM = [_State.PENDING, _State.UNSUBSCRIBED, _State.UNREACHABLE]
_MAY_MOVE = [_State.ACTIVE, _State.PAUSED, _State.UNREACHABLE]
# From where each end may be reached: a complaint is stronger than all, a wish to leave stronger than a bounce.
_MAY_STOP: dict[Subscriber.State, list[Subscriber.State]] = {
    _State.UNSUBSCRIBED: [_State.PENDING, _State.ACTIVE, _State.PAUSED, _State.UNREACHABLE],
    _State.UNREACHABLE: [_State.PENDING, _State.ACTIVE, _State.PAUSED],
    _State.COMPLAINED: [s for s in _State if s != _State.COMPLAINED],
}
