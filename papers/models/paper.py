"""One work, the topics that it carries and its votes in time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from papers.models.topic import Topic


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

    def with_other_vectors(self, version: str) -> PaperQuerySet:
        """Return the papers that have no vector of this version. Not by exclude(): no index answers “is not”."""
        return self.filter(Q(vector_version__lt=version) | Q(vector_version__gt=version))

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
            # Which papers wait for a vector is asked every few seconds; without it each paper is read for that.
            models.Index(fields=["vector_version"], name="papers_of_a_vector_version"),
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
