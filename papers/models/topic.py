"""What a reader can follow."""

from __future__ import annotations

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext


def topic_label(name: str) -> str:
    """Return a topic's name in the active language; an editor's own, which no catalogue has, stands as typed."""
    return pgettext("topic", name)


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

    @property
    def label(self) -> str:
        """What readers read as its name."""
        return topic_label(self.name)

    @property
    def about(self) -> str:
        """What readers read as its description."""
        return pgettext("topic", self.description)
