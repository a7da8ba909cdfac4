"""What makes the vectors of papers."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class VectorModel(models.Model):
    """The fitted projection that makes the papers' vectors when the semantic extra is not installed."""

    version = models.CharField(max_length=40, unique=True)
    made_at = models.DateTimeField()
    papers = models.PositiveIntegerField(help_text=_("How many papers there were."))
    body = models.BinaryField(editable=False)

    class Meta:
        ordering = ["-made_at"]

    def __str__(self) -> str:
        return f"{self.version} on {self.papers:,} papers"
