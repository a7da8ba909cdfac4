"""What is published: topics, papers, and the sources they come from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class Topic(models.Model):
    """What a reader can follow. The classifier reads the phrases and hints; an editor changes them in admin."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=80)
    description = models.TextField(blank=True)
    phrases = models.JSONField(default=list, blank=True, help_text=_("Words that speak for it, with signs."))
    arxiv_hints = models.JSONField(default=list, blank=True, help_text=_("arXiv categories that speak for it."))
    parent = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="children")
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("topic", args=[self.slug])


class PaperQuerySet(models.QuerySet["Paper"]):
    def published(self) -> PaperQuerySet:
        """Return the papers that readers may see."""
        return self.filter(is_hidden=False)

    def listed(self) -> PaperQuerySet:
        """Return the published papers with their topics, without the columns that no list shows."""
        topics = models.Prefetch(
            "paper_topics", PaperTopic.objects.select_related("topic").order_by("-confidence", "id")
        )
        unseen = ("original_title", "original_abstract", "vector", "categories", "keywords")
        return self.published().defer(*unseen).prefetch_related(topics)

    def on_topics(self, slugs: Iterable[str]) -> PaperQuerySet:
        """Return the papers that carry any of these topics, each once."""
        return self.filter(pk__in=PaperTopic.objects.filter(topic__slug__in=slugs).values("paper"))

    def featured_between(self, first: dt.date, last: dt.date) -> PaperQuerySet:
        """Return the papers of the days `first` to `last`, both included."""
        return self.filter(featured_on__range=(first, last))


class Paper(models.Model):
    """One work. A new version updates it; the text as it came is kept beside the cleaned text."""

    # "arxiv:2507.19849" without version, else "doi:10.…", else "title:" and the hash of the normalised title.
    identity = models.CharField(max_length=255, unique=True)
    # A paper that came without an id (a saved page) is found again by this when a better source names it.
    title_key = models.CharField(max_length=64, db_index=True)
    arxiv_id = models.CharField(max_length=32, null=True, blank=True, unique=True)
    arxiv_version = models.PositiveSmallIntegerField(null=True, blank=True)
    doi = models.CharField(max_length=255, null=True, blank=True, unique=True)

    title = models.TextField()
    abstract = models.TextField(blank=True)
    original_title = models.TextField(blank=True)
    original_abstract = models.TextField(blank=True)
    authors = models.JSONField(default=list, blank=True)
    organization = models.CharField(max_length=200, blank=True)
    categories = models.JSONField(default=list, blank=True)
    keywords = models.JSONField(default=list, blank=True)
    # The kind of source that gave title and abstract: a better one may replace them, a worse one may not.
    text_from = models.CharField(max_length=40, blank=True, editable=False)
    topics = models.ManyToManyField(Topic, through="PaperTopic", related_name="papers")

    url = models.URLField(max_length=500, blank=True)
    pdf_url = models.URLField(max_length=500, blank=True)
    code_url = models.URLField(max_length=500, blank=True)
    project_url = models.URLField(max_length=500, blank=True)

    published_on = models.DateField(null=True, blank=True)
    featured_on = models.DateField(db_index=True, help_text=_("The day of the newsletter it belongs to."))
    votes = models.PositiveIntegerField(default=0)
    reader_votes = models.PositiveIntegerField(default=0, help_text=_("Upvotes of our own readers."))
    comments = models.PositiveIntegerField(default=0)
    stars = models.PositiveIntegerField(default=0)
    boost = models.FloatField(default=0, help_text=_("The editor's push; 1 is about one followed topic."))
    trend = models.FloatField(default=0)
    is_hidden = models.BooleanField(default=False)
    is_sample = models.BooleanField(default=False, help_text=_("An invented paper that came with the installation."))

    # float16 values, little-endian; the version names the model that made them.
    vector = models.BinaryField(null=True, blank=True, editable=False)
    vector_version = models.CharField(max_length=40, blank=True, editable=False)

    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = PaperQuerySet.as_manager()

    class Meta:
        ordering = ["-featured_on", "-votes", "id"]
        indexes = [
            models.Index(fields=["-featured_on", "-trend", "-votes"], name="papers_of_a_day"),
            # Search leaves them out; without it SQLite reads each whole row for this one column behind the abstracts.
            models.Index(fields=["id"], condition=Q(is_hidden=True), name="hidden_papers"),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(title=""), name="a_paper_has_a_title"),
            models.CheckConstraint(condition=~Q(identity=""), name="a_paper_has_an_identity"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("paper", args=[self.pk])


class PaperTopic(models.Model):
    """A topic that a paper carries, and who says so."""

    class SetBy(models.TextChoices):
        CLASSIFIER = "classifier", _("the classifier")
        PERSON = "person", _("a person")

    # The constraint and the index below begin with these columns: an index of each alone would be a second one.
    paper = models.ForeignKey(Paper, models.CASCADE, related_name="paper_topics", db_index=False)
    topic = models.ForeignKey(Topic, models.CASCADE, related_name="paper_topics", db_index=False)
    confidence = models.FloatField(default=1)
    set_by = models.CharField(max_length=10, choices=SetBy, default=SetBy.CLASSIFIER)

    class Meta:
        ordering = ["-confidence"]
        indexes = [models.Index(fields=["topic", "paper"], name="papers_of_a_topic")]
        constraints = [
            models.UniqueConstraint(fields=["paper", "topic"], name="a_paper_carries_a_topic_once"),
            models.CheckConstraint(
                condition=Q(confidence__gte=0) & Q(confidence__lte=1), name="confidence_is_between_0_and_1"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.topic} ({self.confidence:.0%})"


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
        self._mark(run, freshness, {**self.state, **state, "failures": 0}, now + self._pause(0))

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


class VoteSnapshot(models.Model):
    """The votes of a paper at one moment, kept whenever they changed: trending reads how fast they grow."""

    paper = models.ForeignKey(Paper, models.CASCADE, related_name="snapshots", db_index=False)
    at = models.DateTimeField()
    votes = models.PositiveIntegerField()

    class Meta:
        ordering = ["at"]
        constraints = [models.UniqueConstraint(fields=["paper", "at"], name="one_snapshot_a_paper_and_moment")]

    def __str__(self) -> str:
        return f"{self.votes} votes at {self.at:%Y-%m-%d %H:%M}"


class HostTurn(models.Model):
    """When a host may be asked again: one that wants one connection and a pause, or one that asked to be left alone."""

    host = models.CharField(max_length=253, unique=True)
    free_at = models.DateTimeField()

    class Meta:
        ordering = ["host"]

    def __str__(self) -> str:
        return self.host


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
