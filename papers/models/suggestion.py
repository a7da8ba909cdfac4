"""What visitors miss."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Suggestion(models.Model):
    """A paper that a visitor misses, known by its arXiv id; an editor takes it in or leaves it."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        TAKEN = "taken", _("taken in")
        LEFT = "left", _("left")

    arxiv_id = models.CharField(max_length=32, unique=True)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    times = models.PositiveIntegerField(default=1, help_text=_("How often it was suggested."))
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-times", "created_at"]
        indexes = [models.Index(fields=["state", "-times"], name="suggestions_waiting")]

    def __str__(self) -> str:
        return f"arXiv {self.arxiv_id}"

    def mark_taken(self) -> None:
        self._settle(self.State.TAKEN)

    def mark_left(self) -> None:
        self._settle(self.State.LEFT)

    def _settle(self, state: str) -> None:
        self.state = state
        self.save(update_fields=["state"])
