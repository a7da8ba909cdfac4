"""What visitors asked for by giving an address, before anybody proved that it is theirs."""

from __future__ import annotations

import datetime as dt
import uuid

from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from .subscriber import Subscriber

# How long the link of a confirmation letter works.
LINK_LIFE = dt.timedelta(days=7)


class AskQuerySet(models.QuerySet["Ask"]):
    def waiting(self) -> AskQuerySet:
        """Return the asks that nobody has looked at yet, oldest first."""
        return self.filter(settled_at=None).order_by("id")

    def with_letter(self) -> AskQuerySet:
        """Return the asks whose confirmation was written, also those that the visitor took back afterwards."""
        return self.filter(Q(outcome=Ask.Outcome.LETTER) | Q(outcome=Ask.Outcome.WITHDRAWN, subscriber__isnull=False))

    def moves(self) -> AskQuerySet:
        """Return the letters to an address that a reader wants to move to; they are no sign-ups and counted apart."""
        return self.filter(form=Ask.MOVE)

    def of_address(self, limit_key: str, *, since: dt.datetime) -> AskQuerySet:
        """Return the asks for one address and its dot and plus variants."""
        return self.filter(limit_key=limit_key, created_at__gte=since)


class Ask(models.Model):
    """One request that names an address. The page writes this row and nothing else, whoever the address belongs to:
    who is known is looked up later by a worker, so the answer cannot tell."""

    class Kind(models.TextChoices):
        SUBSCRIBE = "subscribe", _("subscribe")
        MANAGE = "manage", _("a link to the preferences")

    class Outcome(models.TextChoices):
        WAITING = "", _("waiting")
        LETTER = "letter", _("a confirmation was written")
        KNOWN = "known", _("a letter to a reader was written")
        LIMIT = "limit", _("the address had its letters for now")
        SILENCE = "silence", _("no letter goes to this address")
        WITHDRAWN = "withdrawn", _("withdrawn by the visitor")

    MOVE = "move"  # the form of a reader who wants to move to the address

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.SUBSCRIBE)
    email = models.EmailField(max_length=254)
    # Keyed hashes: the address without dots and plus, and the visitor's /24 or /64. For limits only.
    limit_key = models.CharField(max_length=64)
    network = models.CharField(max_length=64)
    # {"topics": [slug…], "keywords": […], "authors": […], "timezone": "Europe/Berlin", "hour": 7, …}
    wishes = models.JSONField(default=dict, blank=True)
    form = models.CharField(max_length=40)
    wording = models.TextField(blank=True)
    language = models.CharField(max_length=10, default="en")
    # Set when the visitor pressed "send it again": the first letter of the day may then be followed by one more.
    is_repeat = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_index=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.WAITING, blank=True)
    # Deleting the reader deletes what they asked for; the consent ledger keeps the proof.
    subscriber = models.ForeignKey(Subscriber, models.CASCADE, null=True, blank=True, related_name="asks")
    confirmed_at = models.DateTimeField(null=True, blank=True)

    objects = AskQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["limit_key", "created_at"], name="asks_for_an_address"),
            models.Index(fields=["network", "created_at"], name="asks_from_a_network"),
            models.Index(fields=["id"], name="asks_waiting", condition=Q(settled_at=None)),
            models.Index(fields=["created_at"], name="asks_answered", condition=Q(outcome="letter")),
        ]

    def __str__(self) -> str:
        return f"Ask {self.pk}"

    def settle(self, outcome: Outcome, *, subscriber: Subscriber | None, now: dt.datetime) -> None:
        """Write down what became of it."""
        self.outcome, self.subscriber, self.settled_at = outcome, subscriber, now
        self.save(update_fields=["outcome", "subscriber", "settled_at"])

    @property
    def had_letter(self) -> bool:
        """Whether a letter was written for it: taking the ask back takes none out of a stranger's mailbox."""
        if self.outcome == self.Outcome.WITHDRAWN:
            return self.subscriber_id is not None
        return self.outcome in (self.Outcome.LETTER, self.Outcome.KNOWN)

    def withdraw(self, *, now: dt.datetime) -> bool:
        """Take it back while nothing has come of it; where no letter was written there is nothing to take back."""
        without_letter = [self.Outcome.LIMIT, self.Outcome.SILENCE]
        unused = Ask.objects.filter(pk=self.pk, confirmed_at=None).exclude(outcome__in=without_letter)
        return unused.update(outcome=self.Outcome.WITHDRAWN, settled_at=Coalesce("settled_at", Value(now))) == 1

    def mark_confirmed(self, *, now: dt.datetime) -> bool:
        """Use it up; False when it was used or withdrawn before."""
        fresh = Ask.objects.filter(pk=self.pk, confirmed_at=None).exclude(outcome=self.Outcome.WITHDRAWN)
        self.confirmed_at = now
        return fresh.update(confirmed_at=now) == 1
