"""What a visitor may ask for: one form a page, so that no other parameter reaches a query."""

from __future__ import annotations

import re

from django import forms
from django.utils.translation import gettext_lazy as _

from papers.models import Topic

ARXIV_ID = re.compile(
    r"^(?:https?://(?:www\.|export\.)?arxiv\.org/(?:abs|pdf|html)/|arxiv:)?"
    r"(?P<id>\d{4}\.\d{4,5}|[a-z-]+(?:\.[a-z]{2})?/\d{7})(?:v\d{1,3})?(?:\.pdf)?/?$",
    re.IGNORECASE,
)


class DayQuery(forms.Form):
    """A day's, week's or month's parameters."""

    topic = forms.SlugField(required=False, max_length=50)
    page = forms.IntegerField(required=False, min_value=1, max_value=10_000)


class TopicQuery(forms.Form):
    """A topic's parameters: its papers from before a day."""

    before = forms.DateField(required=False, input_formats=["%Y-%m-%d"])


class TopicField(forms.ModelChoiceField):
    """A choice of topics in the reader's language."""

    def label_from_instance(self, topic: Topic) -> str:
        return topic.label


class SearchQuery(forms.Form):
    """What to search for, and where."""

    class Sort:
        BEST, NEWEST = "best", "newest"

    q = forms.CharField(
        label=_("Words, a “phrase” or an author"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off", "enterkeyhint": "search"}),
    )
    topic = TopicField(
        Topic.objects.filter(is_active=True),
        label=_("Topic"),
        required=False,
        to_field_name="slug",
        empty_label=_("All topics"),
    )
    since = forms.DateField(
        label=_("From"), required=False, input_formats=["%Y-%m-%d"], widget=forms.DateInput(attrs={"type": "date"})
    )
    until = forms.DateField(
        label=_("To"), required=False, input_formats=["%Y-%m-%d"], widget=forms.DateInput(attrs={"type": "date"})
    )
    sort = forms.ChoiceField(
        label=_("Order"),
        required=False,
        choices=[(Sort.BEST, _("Best first")), (Sort.NEWEST, _("Newest first"))],
    )
    page = forms.IntegerField(required=False, min_value=1, max_value=100, widget=forms.HiddenInput)


class SuggestionForm(forms.Form):
    """One paper that a visitor misses."""

    paper = forms.CharField(
        label=_("arXiv id or link"),
        max_length=200,
        help_text=_("For example 2507.19849 or https://arxiv.org/abs/2507.19849"),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false"}),
    )
    # People do not see this field; who fills it in is a machine.
    website = forms.CharField(required=False, max_length=200)

    def clean_paper(self) -> str:
        """Return the arXiv id without its version."""
        found = ARXIV_ID.match(self.cleaned_data["paper"].strip())
        if not found:
            raise forms.ValidationError(
                _("That is no arXiv id that we can read. It looks like 2507.19849 or cs/0112017.")
            )
        return found["id"].lower()
