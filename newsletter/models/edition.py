"""One day of the newsletter and the editor's hand on it."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping

from django.db import models
from django.db.models import Count, F, Q
from django.utils.translation import gettext_lazy as _

from papers.models import Paper

# The last reader of a day is due at 23:00 in UTC-12, and a digest may be six hours late at that hour.
_OPEN_AFTER_MIDNIGHT = dt.timedelta(days=1, hours=18)
_GONE = "gone"


class EditionQuerySet(models.QuerySet["Edition"]):
    def days(self) -> EditionQuerySet:
        """Return the editions that are days of the newsletter; the others carry an announcement each."""
        return self.filter(announcement=None)

    def open(self) -> EditionQuerySet:
        """Return the editions whose digests may still leave, paused ones too."""
        return self.filter(state__in=Edition.OPEN)

    def on_its_way(self) -> EditionQuerySet:
        """Return the open editions that no hand has stopped, oldest first."""
        return self.open().filter(is_paused=False).order_by("day")

    def ended(self) -> EditionQuerySet:
        """Return the editions of which nothing leaves any more."""
        return self.exclude(state__in=Edition.OPEN)

    def of_day(self, day: dt.date) -> Edition:
        """Return the edition of a day; any number of workers may make it, one row is the result."""
        Edition.objects.bulk_create([Edition(day=day, expires_at=Edition.closing_time(day))], ignore_conflicts=True)
        return self.days().get(day=day)


class Edition(models.Model):
    """One calendar day of the newsletter: its candidates, the editor's hand, its state and its accounts.

    Or one announcement: the day is then the one on which it was released, and several may share it.

    The day lasts from the first reader's morning at the date line to the last one's evening, so the counts grow while
    digests already leave: rows and counts move in one transaction and balance at every commit.
    """

    class State(models.TextChoices):
        PLANNED = "planned", _("planned")
        BUILDING = "building", _("being built")
        READY = "ready", _("ready")
        SENDING = "sending", _("being sent")
        DONE = "done", _("done")
        DONE_WITH_ERRORS = "done_with_errors", _("done with errors")
        EXPIRED = "expired", _("expired")
        CANCELLED = "cancelled", _("cancelled")

    OPEN = (State.PLANNED, State.BUILDING, State.READY, State.SENDING)
    FINISHED = (State.DONE, State.DONE_WITH_ERRORS)

    day = models.DateField()
    announcement = models.OneToOneField(
        "newsletter.Announcement", models.PROTECT, null=True, blank=True, editable=False, related_name="edition"
    )
    state = models.CharField(max_length=16, choices=State, default=State.PLANNED)
    note = models.TextField(blank=True, help_text=_("A word from the editor at the head of every digest."))
    is_paused = models.BooleanField(default=False)
    paused_reason = models.CharField(max_length=200, blank=True)
    # A rate that stopped the edition stops it once: who resumes has seen it.
    has_braked = models.BooleanField(default=False, editable=False)
    # Readers who became due for this day, and those of them who had its digest already and so got no second row.
    candidate_count = models.PositiveIntegerField(default=0)
    excluded_count = models.PositiveIntegerField(default=0)
    # How many digests ended in which state, kept when the edition closes: nobody counts a million old rows again. Under
    # `_GONE`, what came back for those that are kept no longer, and how many they are.
    closing_accounts = models.JSONField(default=dict, blank=True)
    # The look before the first letter leaves (newsletter/preflight.py) and what it found.
    checked_at = models.DateTimeField(null=True, blank=True, editable=False)
    findings = models.JSONField(default=list, blank=True, editable=False)
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)

    objects = EditionQuerySet.as_manager()

    class Meta:
        ordering = ["-day", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["day"], condition=Q(announcement=None), name="one_edition_a_day")
        ]

    def __str__(self) -> str:
        if self.announcement:
            return f"“{self.announcement}”"
        return f"{self.day:%A, %d %B %Y}"

    @staticmethod
    def closing_time(day: dt.date) -> dt.datetime:
        """Return when the last digest of a day is too late everywhere."""
        return dt.datetime.combine(day, dt.time(), dt.UTC) + _OPEN_AFTER_MIDNIGHT

    def mark_building(self, *, candidates: int, excluded: int) -> None:
        """Count the readers whose rows stand in this same transaction; a finished edition opens again for them."""
        reopened = (*self.FINISHED, self.State.PLANNED)
        mine = Edition.objects.filter(pk=self.pk)
        mine.update(candidate_count=F("candidate_count") + candidates, excluded_count=F("excluded_count") + excluded)
        mine.filter(state__in=reopened).update(state=self.State.BUILDING, closing_accounts={})

    def mark_ready(self) -> bool:
        """Say that every reader who was due has a row; False when the accounts do not balance."""
        return self.is_balanced() and self._move(self.State.READY, self.State.BUILDING)

    def mark_sending(self) -> bool:
        return self._move(self.State.SENDING, self.State.READY, self.State.BUILDING)

    def mark_done(self, *, has_errors: bool) -> bool:
        return self._move(self.State.DONE_WITH_ERRORS if has_errors else self.State.DONE, *self.OPEN)

    def reopen(self) -> bool:
        """Send on after the end: failed digests wait again."""
        return self._move(self.State.SENDING, *self.FINISHED)

    def mark_expired(self) -> bool:
        return self._move(self.State.EXPIRED, *self.OPEN)

    def mark_cancelled(self) -> bool:
        return self._move(self.State.CANCELLED, *self.OPEN)

    def mark_checked(self, findings: list[str], *, now: dt.datetime) -> bool:
        """Keep what the look before sending found; False when another worker looked first."""
        first = Edition.objects.filter(pk=self.pk, checked_at=None).update(checked_at=now, findings=findings) == 1
        self.refresh_from_db(fields=["checked_at", "findings"])
        return first

    def pause(self, reason: str) -> bool:
        """Stop before the next batch; what is on the wire arrives."""
        return self._open_row(is_paused=False).update(is_paused=True, paused_reason=reason[:200]) == 1

    def brake(self, reason: str) -> bool:
        """Stop as `pause` does, by itself and once."""
        mine = self._open_row(is_paused=False, has_braked=False)
        return mine.update(is_paused=True, has_braked=True, paused_reason=reason[:200]) == 1

    def resume(self) -> bool:
        return self._open_row(is_paused=True).update(is_paused=False, paused_reason="") == 1

    def accounts(self) -> dict[str, int]:
        """Return how many digests stand in each state."""
        return self._closed_with() or self._count()

    def gone(self) -> dict[str, int]:
        """Return how many "digests" are kept no longer, and for how many of them people did each kind of thing."""
        return dict(self.closing_accounts.get(_GONE, {}))

    def keep_figures(self, accounts: dict[str, int], came_back: Mapping[str, int], *, digests: int) -> None:
        """Keep what is left of digests that go, in the transaction in which they do; `accounts` are of before."""
        gone = Counter(self.gone()) + Counter(came_back) + Counter(digests=digests)
        self.closing_accounts = {**accounts, _GONE: gone}
        self.save(update_fields=["closing_accounts"])

    def glance(self) -> dict[str, int]:
        """Return nearly the same at the price of the few that are not sent: the others are what is left."""
        if closed_with := self._closed_with():
            return closed_with
        mine = self.digests.order_by()
        rest = (mine.filter(state="pending"), mine.in_hand(), mine.filter(state="unknown"), mine.not_sent())
        counts = dict(row for few in rest for row in few.values_list("state").annotate(Count("pk")))
        sent = self.candidate_count - self.excluded_count - sum(counts.values())
        return counts | ({"sent": sent} if sent > 0 else {})

    def _closed_with(self) -> dict[str, int]:
        return {state: count for state, count in self.closing_accounts.items() if state != _GONE}

    def _count(self) -> dict[str, int]:
        counted = self.digests.order_by().values_list("state").annotate(count=Count("pk"))
        return dict(counted)

    def is_balanced(self) -> bool:
        """Say whether every reader who became due is accounted for by a row or an exclusion."""
        return sum(self._count().values()) + self.excluded_count == self.candidate_count

    def _open_row(self, **guard: object) -> EditionQuerySet:
        return Edition.objects.open().filter(pk=self.pk, **guard)

    def _move(self, to: Edition.State, *origins: Edition.State) -> bool:
        accounts = {} if to in self.OPEN else self._count()
        moved = Edition.objects.filter(pk=self.pk, state__in=origins).update(state=to, closing_accounts=accounts)
        self.refresh_from_db(fields=["state", "closing_accounts"])
        return moved == 1


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
