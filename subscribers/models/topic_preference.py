"""What a reader follows."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from papers.models import Topic

from .subscriber import Subscriber


class TopicPreference(models.Model):
    """How much a reader wants a topic."""

    class Weight(models.IntegerChoices):
        MUTE = -2, _("never")
        LESS = -1, _("less")
        FOLLOW = 1, _("follow")
        MORE = 2, _("more")

    subscriber = models.ForeignKey(Subscriber, models.CASCADE, related_name="topic_preferences")
    topic = models.ForeignKey(Topic, models.CASCADE, related_name="preferences")
    weight = models.SmallIntegerField(choices=Weight, default=Weight.FOLLOW)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subscriber", "topic"], name="one_wish_a_topic"),
            models.CheckConstraint(condition=Q(weight__in=[-2, -1, 1, 2]), name="a_wish_is_never_less_follow_or_more"),
        ]

    def __str__(self) -> str:
        return f"{self.get_weight_display()}: {self.topic}"
