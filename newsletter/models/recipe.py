"""The editor's weights of the ranking."""

from __future__ import annotations

from dataclasses import fields

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from papers.ranking import NonsenseWeights, Weights


class Recipe(models.Model):
    """How much each cause counts; at most one row, without it the defaults hold."""

    topic = models.FloatField(default=Weights().topic, help_text=_("A followed topic."))
    keyword = models.FloatField(default=Weights().keyword, help_text=_("The reader's keyword stands in the title."))
    likeness = models.FloatField(default=Weights().likeness, help_text=_("The paper is about what the keyword means."))
    author = models.FloatField(default=Weights().author, help_text=_("A followed author."))
    opened = models.FloatField(default=Weights().opened, help_text=_("Likeness to what the reader opened."))
    votes = models.FloatField(default=Weights().votes, help_text=_("Votes, by how far they stand above the day's."))
    age = models.FloatField(default=Weights().age, help_text=_("Taken away for each day of age."))
    diversity = models.FloatField(default=Weights().diversity, help_text=_("Taken away for being like a chosen one."))
    floor = models.FloatField(default=Weights().floor, help_text=_("A paper that scores less is not sent."))
    filler = models.BooleanField(
        default=False,
        help_text=_("Papers that nothing speaks for, where good ones are few; else the digest is shorter."),
    )
    explore = models.BooleanField(default=True, help_text=_("One paper from outside the reader's topics, marked."))

    class Meta:
        verbose_name = _("ranking weights")
        verbose_name_plural = _("ranking weights")
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="there_is_one_recipe")]

    def __str__(self) -> str:
        return "The weights of the ranking"

    def save(self, **kwargs) -> None:
        self.pk = 1
        super().save(**kwargs)

    def clean(self) -> None:
        self.weights()

    def weights(self) -> Weights:
        """Return the weights as the ranker takes them; raises ValidationError for nonsense."""
        try:
            return Weights(**{field.name: getattr(self, field.name) for field in fields(Weights)})
        except (NonsenseWeights, TypeError) as error:
            raise ValidationError(str(error)) from error

    @classmethod
    def in_force(cls) -> Weights:
        """Return the weights that hold now."""
        recipe = cls.objects.first()
        return recipe.weights() if recipe else Weights()
