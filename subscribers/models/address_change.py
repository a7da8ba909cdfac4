"""A reader's wish to move to another address."""

from __future__ import annotations

import datetime as dt

from django.db import models

from .subscriber import Subscriber


class AddressChange(models.Model):
    """One asked-for move. It happens when somebody who reads the new address presses the button there."""

    subscriber = models.ForeignKey(Subscriber, models.CASCADE, related_name="address_changes")
    email = models.EmailField(max_length=254)
    address_hash = models.CharField(max_length=64, db_index=True)
    asked_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"Address change {self.pk}"

    def is_overtaken(self) -> bool:
        """Say whether the reader has moved since it was asked: then this link is an old wish."""
        later = AddressChange.objects.filter(subscriber=self.subscriber, confirmed_at__gt=self.asked_at)
        return later.exclude(pk=self.pk).exists()

    def mark_confirmed(self, *, now: dt.datetime) -> bool:
        """Use it up; False when it was used before."""
        unused = AddressChange.objects.filter(pk=self.pk, confirmed_at=None)
        self.confirmed_at = now
        return unused.update(confirmed_at=now) == 1
