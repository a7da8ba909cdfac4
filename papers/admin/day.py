"""A day of the newsletter in a form."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from papers.sources import dates


class Day(forms.DateField):
    """A day that an address can name: with a paper of the year 25, a slip, no page that leads to its day opened."""

    def to_python(self, value: Any) -> dt.date | None:
        day = super().to_python(value)
        if day and not dates.date(day.year, day.month, day.day):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return day
