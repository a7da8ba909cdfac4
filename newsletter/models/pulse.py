"""The sign that somebody is at work, and what stood in the way last."""

from __future__ import annotations

import datetime as dt

from django.db import models

_RARELY = dt.timedelta(minutes=10)


class Pulse(models.Model):
    """When something was last seen, one row a name: so the first page of admin and /metrics/ know it."""

    WORK = "digests"  # a worker looked for due digests
    TURNED_AWAY = "turned away"  # the last mail server that wanted no letter of ours, and its words
    DISK_FULL = "disk full"  # a worker could not write its journal, so nothing left it
    BOUNCES_READ = "bounces read"
    BOUNCES_UNREAD = "bounces unread"  # the mailbox could not be read, and why
    REPORT_TAKEN = "report taken"  # of a provider, at its webhook
    REPORT_REFUSED = "report refused"  # of a provider or of a stranger, and why

    name = models.CharField(max_length=40, unique=True)
    at = models.DateTimeField()
    said = models.CharField(max_length=300, blank=True, default="", db_default="")

    def __str__(self) -> str:
        return f"{self.name} {self.at:%Y-%m-%d %H:%M:%S}"

    @classmethod
    def beat(cls, name: str, *, now: dt.datetime, said: str = "") -> None:
        """Note that `name` was seen at `now`, and in which words."""
        Pulse.objects.bulk_create(
            [Pulse(name=name, at=now, said=said[:300])],
            update_conflicts=True,
            unique_fields=["name"],
            update_fields=["at", "said"],
        )

    @classmethod
    def beat_rarely(cls, name: str, *, now: dt.datetime, said: str = "") -> None:
        """The same for what anybody can cause: one look, and a write in ten minutes at most."""
        if not Pulse.objects.filter(name=name, at__gt=now - _RARELY).exists():
            cls.beat(name, now=now, said=said)

    @classmethod
    def seen(cls) -> dict[str, Pulse]:
        """Return the last sign of each name."""
        return {pulse.name: pulse for pulse in Pulse.objects.all()}
