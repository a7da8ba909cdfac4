"""What readers were shown and answered."""

from __future__ import annotations

import datetime as dt

from django.db import models
from django.utils.translation import gettext_lazy as _

from .subscriber import Subscriber
from .suppression import hash_address


class ConsentRecord(models.Model):
    """What a reader was shown and answered, and when: the proof, kept after the reader is deleted (art. 7 GDPR)."""

    class Purpose(models.TextChoices):
        SUBSCRIPTION = "subscription", _("the digest")
        TRACKING = "tracking", _("learning from opens and clicks")
        ANNOUNCEMENTS = "announcement", _("announcements of the editor")

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

    @classmethod
    def of(cls, reader: Subscriber, action: Action, *, form: str, at: dt.datetime, **said: str) -> ConsentRecord:
        """Return the record, not yet saved. Where `said` names no purpose and language: the digest, the reader's."""
        known = {"purpose": cls.Purpose.SUBSCRIPTION, "language": reader.language}
        address_hash = hash_address(reader.email)
        return cls(subscriber=reader, address_hash=address_hash, action=action, form=form, at=at, **{**known, **said})
