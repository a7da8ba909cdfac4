"""What came back from the world: bounces, opens, clicks, wishes."""

from __future__ import annotations

import datetime as dt

from django.db import models
from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _

from newsletter.models.digest import Digest
from papers.models import Paper
from subscribers.models import Subscriber

# What a reader liked is theirs to find again (newsletter/rereading.py), and the votes of a paper are counted from it;
# who complained or left has done so for good.
_STAYS = Q(kind__in=["more", "upvoted", "complained", "unsubscribed"])
# A million of them come a day.
_MANY = Q(kind__in=["delivered", "opened", "clicked"])


class EventQuerySet(models.QuerySet["Event"]):
    def forgettable(self, *, before: dt.datetime) -> EventQuerySet:
        """Return what came back so long ago, without what stays for as long as its reader."""
        return self.filter(~_STAYS, at__lt=before)

    def of_people(self) -> dict[str, int]:
        """Return for how many digests people, and no machines, did each kind of thing."""
        kinds = self.filter(is_machine=False).order_by().values_list("kind")
        return dict(kinds.annotate(count=Count("digest", distinct=True)))


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
        UPVOTED = "upvoted", _("upvoted")
        UNVOTED = "unvoted", _("upvote taken back")
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
    # Of a bounce: hard, soft, policy (our reputation, never the reader's fault) or content.
    verdict = models.CharField(max_length=8, blank=True)
    detail = models.CharField(max_length=300, blank=True)

    objects = EventQuerySet.as_manager()

    class Meta:
        ordering = ["-at"]
        indexes = [
            models.Index(fields=["subscriber", "kind", "at"], name="what_a_reader_did"),
            # What an editor asks for by its kind is rare, and the many pay nothing for this index: they are not in it.
            models.Index(fields=["kind", "at"], name="events_of_a_rare_kind", condition=~_MANY),
            # Among all that stays for ever without its digest, the little that is to go.
            models.Index(fields=["at"], name="events_without_a_digest", condition=Q(digest=None) & ~_STAYS),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.at:%Y-%m-%d %H:%M}"
