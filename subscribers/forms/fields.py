"""The fields that more than one form has: lists of words, days, hours, time zones."""

from __future__ import annotations

import re
import zoneinfo
from functools import lru_cache
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

# So many topics are in view even when none is chosen, and the button is still near.
IN_VIEW = 8
_MOST_TERMS = 50
_LONGEST_TERM = 80

WEEKDAYS = [
    (0, _("Monday")),
    (1, _("Tuesday")),
    (2, _("Wednesday")),
    (3, _("Thursday")),
    (4, _("Friday")),
    (5, _("Saturday")),
    (6, _("Sunday")),
]
HOURS = [(hour, f"{hour:02}:00") for hour in range(24)]


class TermsField(forms.CharField):
    """A list of words, one a line or parted by commas: a list of str, each once, in the reader's order."""

    widget = forms.Textarea(attrs={"rows": 3, "autocomplete": "off", "spellcheck": "false"})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        text = super().clean(value)
        terms: dict[str, str] = {}
        for term in re.split(r"[\n,;]", text):
            words = " ".join(term.split())
            if words:
                terms.setdefault(words.casefold(), words)
        if len(terms) > _MOST_TERMS:
            raise forms.ValidationError(
                _("At most %(most)d, please; these are %(count)d."), params={"most": _MOST_TERMS, "count": len(terms)}
            )
        for words in terms.values():
            if len(words) > _LONGEST_TERM:
                raise forms.ValidationError(_("“%(start)s…” is too long."), params={"start": words[:30]})
        return list(terms.values())


def words_field() -> TermsField:
    """Return a field for what a reader looks for."""
    help_text = _("Papers that speak of these come first. One a line: a method, a data set, a problem.")
    return TermsField(label=_("Words"), required=False, help_text=help_text)


def authors_field() -> TermsField:
    """Return a field for whom a reader follows."""
    help_text = _("Their papers come first. One name a line, as on the paper.")
    return TermsField(label=_("Authors"), required=False, help_text=help_text)


@lru_cache(maxsize=1)
def zones() -> list[tuple[str, Any]]:
    """Return the zones as groups for a select: by continent, then city; UTC first."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for name in sorted(zoneinfo.available_timezones()):
        continent, _slash, city = name.partition("/")
        if city and continent not in {"Etc", "SystemV", "US", "Brazil", "Canada", "Chile", "Mexico", "posix", "right"}:
            groups.setdefault(continent, []).append((name, city.replace("_", " ").replace("/", ", ")))
    return [("UTC", "UTC"), *groups.items()]
