"""A letter of the editor's own."""

from __future__ import annotations

import datetime as dt

from django.db import models, transaction

from newsletter.models.edition import Edition

# An invitation is still of use two days later, when a mail server was away so long.
_SENT_FOR = dt.timedelta(days=2)


class AnnouncementQuerySet(models.QuerySet["Announcement"]):
    def to_be_addressed(self) -> AnnouncementQuerySet:
        """Return the released announcements of which some readers have no row yet, unless a hand has stopped them."""
        on_its_way = {"edition__state__in": Edition.OPEN, "edition__is_paused": False}
        return self.filter(addressed_at=None, **on_its_way).order_by("pk")


class Announcement(models.Model):
    """A letter that the editor writes by hand, for the readers who asked for such letters.

    A draft until it is released. Then it has an edition of its own, and its letters go the way of all others: rows,
    leases, brakes, accounts.
    """

    subject = models.CharField(max_length=120)
    text = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)
    released_at = models.DateTimeField(null=True, blank=True, editable=False)
    # When the last of its readers had a row.
    addressed_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = AnnouncementQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.subject

    @property
    def is_draft(self) -> bool:
        """Whether nobody has released it yet."""
        return self.released_at is None

    @transaction.atomic
    def release(self, *, now: dt.datetime) -> bool:
        """Give it the edition that sends it; False when it has one already."""
        if not Announcement.objects.filter(pk=self.pk, released_at=None).update(released_at=now):
            return False
        self.released_at = now
        Edition.objects.create(announcement=self, day=now.date(), expires_at=now + _SENT_FOR)
        return True

    def mark_addressed(self, *, now: dt.datetime) -> None:
        """Note that every reader who was to get it has a row."""
        self.addressed_at = now
        self.save(update_fields=["addressed_at"])
