"""The record of one import of readers."""

from __future__ import annotations

import datetime as dt
import zlib
from collections.abc import Mapping

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class ImportRun(models.Model):
    """One file of readers: who brought it, where they agreed, how far it got and what came of it.

    `rows_done` is written in the transaction of the rows themselves, so a cut-off import goes on exactly there.
    """

    COUNTS = ("new", "same", "left", "remembered", "rejected")

    file_name = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64, db_index=True, help_text=_("SHA-256 of the file."))
    consent = models.TextField(help_text=_("Where and how these people agreed."))
    # {"mapping": {field: column}, "encoding": "", "timezone": "UTC", "hour": 7, "topics": [slug…], "language": "en"}
    options = models.JSONField(default=dict, blank=True)
    # The file itself, packed, while an import of the admin pages waits or runs; emptied when it is done.
    content = models.BinaryField(default=bytes, blank=True, editable=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    rows = models.PositiveIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)
    new = models.PositiveIntegerField(default=0)
    same = models.PositiveIntegerField(default=0, help_text=_("Readers already, or twice in the file."))
    left = models.PositiveIntegerField(default=0, help_text=_("They left or must be left alone: not touched."))
    remembered = models.PositiveIntegerField(default=0, help_text=_("They left the old list: never written to."))
    rejected = models.PositiveIntegerField(default=0)
    # [[line, reason], …], the first of them; no address.
    rejections = models.JSONField(default=list, blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("import of readers")
        verbose_name_plural = _("imports of readers")

    def __str__(self) -> str:
        return f"Import {self.pk} of {self.started_at:%Y-%m-%d %H:%M}"

    @property
    def file(self) -> bytes:
        """The file as it came; empty once the import is done."""
        return zlib.decompress(self.content) if self.content else b""

    @file.setter
    def file(self, data: bytes) -> None:
        self.content = zlib.compress(data)

    def mark_progress(self, rows_done: int, counts: Mapping[str, int], rejections: list[list[object]]) -> None:
        """Add what one batch brought."""
        self.rows_done = rows_done
        for name, count in counts.items():
            setattr(self, name, getattr(self, name) + count)
        self.rejections = (self.rejections + rejections)[:500]
        self.save(update_fields=["rows_done", "rejections", *self.COUNTS])

    def mark_finished(self, *, now: dt.datetime) -> None:
        """Close the record and let go of the file."""
        self.finished_at, self.content = now, b""
        self.save(update_fields=["finished_at", "content"])
