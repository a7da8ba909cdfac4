"""A comparison of two sets of ranking weights on the clicks of the same readers."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from newsletter.models.recipe import Recipe
from papers.ranking import NonsenseWeights, Weights


class ExperimentQuerySet(models.QuerySet["Experiment"]):
    def running(self, *, now: dt.datetime) -> ExperimentQuerySet:
        """Return the experiment that runs at `now`: none, or the one."""
        return self.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=now), state=Experiment.State.RUNNING)

    def uncounted_since(self, at: dt.datetime) -> ExperimentQuerySet:
        """Return the stopped ones that began before `at` and whose account is made anew each time it is asked for."""
        return self.filter(state=Experiment.State.STOPPED, started_at__lt=at, counted__isnull=True)


class Experiment(models.Model):
    """Two sets of weights write one digest together, so each reader compares them; clicks say which was better."""

    class State(models.TextChoices):
        DRAFT = "draft", _("not started")
        RUNNING = "running", _("running")
        STOPPED = "stopped", _("stopped")

    name = models.CharField(max_length=80, unique=True)
    changes = models.JSONField(
        default=dict, help_text=_('What the challenger does otherwise, such as {"votes": 0.8}. All else stays.')
    )
    share = models.FloatField(default=0.1, help_text=_("The share of readers who take part, 0 to 1."))
    ends_at = models.DateTimeField(
        null=True, blank=True, help_text=_("It stops by itself then; empty: when you stop it.")
    )
    state = models.CharField(max_length=8, choices=State, default=State.DRAFT, editable=False)
    # Both sets of weights as they were at the start: who turns a weight meanwhile does not change what is compared.
    control = models.JSONField(default=dict, editable=False)
    challenger = models.JSONField(default=dict, editable=False)
    started_at = models.DateTimeField(null=True, blank=True, editable=False)
    stopped_at = models.DateTimeField(null=True, blank=True, editable=False)
    stopped_because = models.CharField(max_length=200, blank=True, editable=False)

    # What its readers did, once the digests that tell it are about to go (newsletter/discarding.py).
    counted = models.JSONField(null=True, editable=False)

    objects = ExperimentQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["state"], condition=Q(state="running"), name="one_experiment_runs_at_a_time"
            ),
            models.CheckConstraint(condition=Q(share__gt=0) & Q(share__lte=1), name="a_share_is_above_0_and_at_most_1"),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.share is not None and not 0 < self.share <= 1:  # the constraint would say its own name
            raise ValidationError({"share": _("A part of the readers, above 0 and at most 1, such as 0.1.")})
        self.weights_with(Recipe.in_force())

    def weights_with(self, control: Weights) -> Weights:
        """Return the challenger's weights; raises ValidationError for an unknown name or a number out of range."""
        if not isinstance(self.changes, dict) or not self.changes:
            raise ValidationError(_("Give at least one weight another number than yours."))
        if unknown := self.changes.keys() - asdict(control).keys():
            names = ", ".join(asdict(control))
            raise ValidationError(f"There is no weight “{min(unknown)}”; there are {names}.")
        try:
            return Weights(**asdict(control) | self.changes)
        except (NonsenseWeights, TypeError) as error:
            raise ValidationError(str(error)) from error

    def start(self, *, now: dt.datetime) -> bool:
        """Freeze both sets of weights and begin; False when it has run before or another one runs."""
        if self.state != self.State.DRAFT or Experiment.objects.filter(state=self.State.RUNNING).exists():
            return False
        weights = Recipe.in_force()
        return self._move(
            self.State.DRAFT,
            state=self.State.RUNNING,
            control=asdict(weights),
            challenger=asdict(self.weights_with(weights)),
            started_at=now,
        )

    def stop(self, because: str, *, now: dt.datetime) -> bool:
        """End it for good; False when it does not run."""
        return self._move(self.State.RUNNING, state=self.State.STOPPED, stopped_at=now, stopped_because=because[:200])

    def _move(self, allowed: str, **values: Any) -> bool:
        """One guarded UPDATE, so that of two editors one is heard."""
        if not Experiment.objects.filter(pk=self.pk, state=allowed).update(**values):
            return False
        self.refresh_from_db()
        return True
