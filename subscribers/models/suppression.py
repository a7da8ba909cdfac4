"""Addresses: how we compare them, and which of them we must leave alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from mail.keyed import keyed


def normalise_address(email: str) -> str:
    """Return the address as we compare it: the domain in lower case, the local part as the reader wrote it."""
    local, _at, domain = email.strip().rpartition("@")
    return f"{local}@{domain.lower()}"


def hash_address(email: str) -> str:
    """Return the keyed hash under which an address is remembered after it is deleted, 64 hex digits."""
    return hash_addresses([email])[0]


def hash_addresses(emails: Iterable[str]) -> list[str]:
    """Return the hashes of many addresses, in order."""
    mac = keyed(settings.HASH_KEY.encode())
    # Lower case on purpose: somebody who left as A@x.org must not be written to as a@x.org.
    return [mac(email.strip().lower().encode()).hex() for email in emails]


class Suppression(models.Model):
    """An address that must get no letter, known by its keyed hash only."""

    class Reason(models.TextChoices):
        COMPLAINED = "complained", _("complained")
        UNREACHABLE = "unreachable", _("unreachable")
        DELETED = "deleted", _("asked to be deleted")
        EDITOR = "editor", _("the editor's list")
        LEFT = "left", _("left the list that an import came from")

    address_hash = models.CharField(max_length=64, unique=True)
    reason = models.CharField(max_length=12, choices=Reason)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.address_hash[:8]} ({self.get_reason_display()})"

    @classmethod
    def remember(cls, email: str, reason: Suppression.Reason, *, now: dt.datetime) -> None:
        """Put the address on the list; a reason that is there already stays."""
        cls.objects.get_or_create(address_hash=hash_address(email), defaults={"reason": reason, "at": now})

    @classmethod
    def forbids(cls, email: str) -> bool:
        """Say whether no letter may go to the address, whoever asks for one: a complaint, or the editor's list."""
        final = [cls.Reason.COMPLAINED, cls.Reason.EDITOR]
        return cls.objects.filter(address_hash=hash_address(email), reason__in=final).exists()

    @classmethod
    def lift(cls, email: str) -> None:
        """Take the address off after its owner proved that it works and asked again. What the editor or a complaint
        put there stays."""
        reasons = [cls.Reason.UNREACHABLE, cls.Reason.DELETED, cls.Reason.LEFT]
        cls.objects.filter(address_hash=hash_address(email), reason__in=reasons).delete()
