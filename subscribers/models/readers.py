"""Questions about readers: who is due, whose address or link this is."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Lower

from subscribers import tokens

from .suppression import normalise_address

if TYPE_CHECKING:
    from .subscriber import Subscriber

# How long each link of a reader works; a link that stops mail works for ever.
LINK_LIVES = {
    tokens.Purpose.MANAGE: dt.timedelta(days=30),
    tokens.Purpose.UNDO: dt.timedelta(days=30),
}


class SubscriberQuerySet(models.QuerySet["Subscriber"]):
    def active(self) -> SubscriberQuerySet:
        """Return the readers who confirmed and have not left."""
        return self.filter(state=self.model.State.ACTIVE)

    def wanting_announcements(self) -> SubscriberQuerySet:
        """Return the active readers who asked for the editor's announcements."""
        return self.active().filter(announcements_since__isnull=False)

    def due(self, *, now: dt.datetime) -> SubscriberQuerySet:
        """Return the active readers whose next digest is due at `now`, longest waiting first."""
        return self.active().filter(next_digest_at__lte=now).order_by("next_digest_at", "id")

    def with_address(self, email: str) -> Subscriber | None:
        """Return the reader with this address; mailboxes do not tell capitals apart, so neither do we."""
        address = normalise_address(email)
        found = self.annotate(folded=Lower("email_normalised")).filter(folded=Lower(Value(address)))
        readers = list(found.order_by("pk"))
        return next(
            (reader for reader in readers if reader.email_normalised == address), readers[0] if readers else None
        )

    def of_link(self, purpose: tokens.Purpose, token: str, *, now: dt.datetime) -> Subscriber:
        """Return whose link this is; raise BadToken (ExpiredToken: ours, but too old) or DoesNotExist."""
        claim = tokens.read(purpose, token, now=now, max_age=LINK_LIVES.get(purpose))
        reader = self.get(pk=claim.subject)
        if purpose != tokens.Purpose.UNSUBSCRIBE and claim.epoch != reader.epoch_of(purpose):
            raise tokens.BadToken("the links up to then were revoked")
        return reader

    def silent_since(self, at: dt.datetime) -> SubscriberQuerySet:
        """Return the active readers of whom nothing was seen since `at`: no click, no word, no change of wishes."""
        return self.active().filter(Q(seen_at=None) | Q(seen_at__lt=at), confirmed_at__lt=at)

    def mark_seen(self, *, now: dt.datetime) -> int:
        """Keep that these readers did something; an older report changes nothing."""
        return self.filter(Q(seen_at=None) | Q(seen_at__lt=now)).update(seen_at=now)

    def resume_rested(self, *, now: dt.datetime) -> int:
        """Make those readers active whose pause is over at `now`; return how many."""
        rested = self.filter(state=self.model.State.PAUSED, paused_until__isnull=False, next_digest_at__lte=now)
        return rested.update(state=self.model.State.ACTIVE, paused_until=None)
