"""The sign that somebody is at work."""

from __future__ import annotations

import datetime as dt

from django.db import models


class Pulse(models.Model):
    """When the clock of digests was last looked at, one row: how the dashboard knows that no worker runs."""

    name = models.CharField(max_length=40, unique=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} {self.at:%Y-%m-%d %H:%M:%S}"

    @classmethod
    def beat(cls, name: str, *, now: dt.datetime) -> None:
        """Note that `name` was at work."""
        Pulse.objects.bulk_create(
            [Pulse(name=name, at=now)], update_conflicts=True, unique_fields=["name"], update_fields=["at"]
        )
