"""What a visitor may ask for: one form a page, so that no other parameter reaches a query."""

from __future__ import annotations

from django import forms


class DayQuery(forms.Form):
    """A day's parameters."""

    topic = forms.SlugField(required=False, max_length=50)
    page = forms.IntegerField(required=False, min_value=1, max_value=10_000)
