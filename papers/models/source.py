"""Where papers come from, and how it went."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

# A little less than the five minutes between two ticks.
A_TICK = dt.timedelta(minutes=4)


class SourceQuerySet(models.QuerySet["Source"]):
    def troubled(self) -> SourceQuerySet:
        """Return the sources in use that an editor should look at."""
        return self.filter(is_enabled=True, freshness__in=[Source.Freshness.STALE, Source.Freshness.FAILING])


class Source(models.Model):
    """A place that papers come from, with its schedule and its health."""

    class Freshness(models.TextChoices):
        NEVER = "never", _("never fetched")
        FRESH = "fresh", _("fresh")
        QUIET = "quiet", _("quiet (weekend or holiday)")
        STALE = "stale", _("stale")
        FAILING = "failing", _("failing")

    name = models.CharField(max_length=80, unique=True)
    kind = models.CharField(max_length=40, help_text=_("The name of the reader, as for import_papers --source."))
    address = models.CharField(max_length=500, blank=True, help_text=_("URL or query, as the kind understands it."))
    is_enabled = models.BooleanField(default=True)
    every_minutes = models.PositiveIntegerField(default=60)
    next_fetch_at = models.DateTimeField(null=True, blank=True, db_index=True)
    last_success_at = models.DateTimeField(null=True, blank=True)
    freshness = models.CharField(max_length=10, choices=Freshness, default=Freshness.NEVER)
    state = models.JSONField(default=dict, blank=True, help_text=_("What the reader remembers between runs."))

    objects = SourceQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def mark_fetched(self, run: SourceRun, *, now: dt.datetime, freshness: str, state: dict[str, Any]) -> None:
        """Note a success: how fresh it was, what the reader remembers, and when the source is asked again."""
        self.last_success_at = now
        self._mark(run, freshness, {**self.state, **state, "failures": 0, "place": None}, now + self._pause(0))

    def mark_behind(self, run: SourceRun, *, now: dt.datetime, state: dict[str, Any]) -> None:
        """Note that one run was not enough: the rest is asked for at the next tick, after those that wait already.

        It is fresh whatever this part of it held: what is new may come with the next.
        """
        days = (now - self.last_success_at).days if self.last_success_at else 0
        behind = "" if days < 1 else ", 1 day behind" if days == 1 else f", {days} days behind"
        run.error = f"Catching up{behind}: there is more than one run brings, and the next goes on from here."
        self._mark(run, self.Freshness.FRESH, {**self.state, **state, "failures": 0}, now + A_TICK)

    def keep_place(self, bookmark: str, *, now: dt.datetime) -> None:
        """Note how far a run came: the next one goes on there, whatever becomes of this one."""
        place = {"of": [self.kind, self.address], "at": now.isoformat(), "bookmark": bookmark}
        self.state = {**self.state, "place": place}
        self.save(update_fields=["state"])

    def place(self, *, now: dt.datetime) -> str:
        """Return the bookmark to go on from, or "": none is good for longer than a day, or for another address."""
        place = self.state.get("place")
        if not place or place["of"] != [self.kind, self.address]:
            return ""
        is_old = now - dt.datetime.fromisoformat(place["at"]) > dt.timedelta(days=1)
        return "" if is_old else str(place["bookmark"])

    def mark_failed(self, run: SourceRun, *, now: dt.datetime, pause: dt.timedelta) -> None:
        """Note a failure and wait longer after each, and at least as long as the host asks for."""
        failures = self.state.get("failures", 0) + 1
        next_fetch_at = now + max(self._pause(failures), pause)
        self._mark(run, self.Freshness.FAILING, {**self.state, "failures": failures}, next_fetch_at)

    def _pause(self, failures: int) -> dt.timedelta:
        return dt.timedelta(minutes=min(self.every_minutes * 2 ** min(failures, 10), max(self.every_minutes, 24 * 60)))

    def _mark(self, run: SourceRun, freshness: str, state: dict[str, Any], next_fetch_at: dt.datetime) -> None:
        run.freshness = self.freshness = freshness
        run.save(update_fields=["freshness", "error"])
        self.state, self.next_fetch_at = state, next_fetch_at
        self.save(update_fields=["state", "last_success_at", "freshness", "next_fetch_at"])


class SourceRun(models.Model):
    """One import, from a source or by hand: what it brought, what it refused and why."""

    source = models.ForeignKey(Source, models.SET_NULL, null=True, blank=True, related_name="runs")
    kind = models.CharField(max_length=40)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    new = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    same = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    rejections = models.JSONField(default=list, blank=True)
    freshness = models.CharField(max_length=10, choices=Source.Freshness, blank=True)
    error = models.TextField(blank=True)

    class Meta:
        ordering = ["-started_at"]

    def __str__(self) -> str:
        return f"{self.kind} {self.started_at:%Y-%m-%d %H:%M}"


class HostTurn(models.Model):
    """When a host may be asked again: one that wants one connection and a pause, or one that asked to be left alone."""

    host = models.CharField(max_length=253, unique=True)
    free_at = models.DateTimeField()

    class Meta:
        ordering = ["host"]

    def __str__(self) -> str:
        return self.host
