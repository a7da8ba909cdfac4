"""The forms of the preferences page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from papers.models import Topic
from subscribers import cadence
from subscribers.models import Subscriber, TopicPreference, normalise_address
from subscribers.preferences import WISHES, Preferences

from .address import ADDRESS_ERRORS, writable
from .fields import HOURS, IN_VIEW, WEEKDAYS, authors_field, words_field, zones

_LONGEST_PAUSE = dt.timedelta(days=366)
_NO_WISH = 0
_MOST_PAPERS = 50
_NO_COUNT = dict.fromkeys(("required", "invalid", "min_value", "max_value"), _("A number from 1 to 50, please."))

WEIGHTS = [
    (TopicPreference.Weight.MUTE, _("never")),
    (TopicPreference.Weight.LESS, _("less")),
    (_NO_WISH, _("no wish")),
    (TopicPreference.Weight.FOLLOW, _("follow")),
    (TopicPreference.Weight.MORE, _("more")),
]
CADENCES = [
    (Subscriber.Cadence.DAILY, _("Every day")),
    (Subscriber.Cadence.WEEKDAYS, _("Monday to Friday")),
    (Subscriber.Cadence.DAYS, _("On the days I choose")),
    (Subscriber.Cadence.WEEKLY, _("Once a week, on the first day I choose")),
]


def _zone_choices(present: str) -> list[tuple[str, Any]]:
    """Return the zones, and the reader's own first when it has a name that we do not offer (US/Pacific)."""
    offered = {name for _group, cities in zones()[1:] for name, _city in cities} | {"UTC"}
    return zones() if present in offered else [(present, present), *zones()]


class SoundWishes(forms.ModelForm):
    """What must fit together, whoever writes it: the reader here, an editor in admin."""

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("cadence") in {Subscriber.Cadence.DAYS, Subscriber.Cadence.WEEKLY} and not data.get("days"):
            self.add_error("days", _("Choose at least one day."))
        if (data.get("min_papers") or 0) > (data.get("size") or _MOST_PAPERS):
            self.add_error("min_papers", _("A digest cannot wait for more papers than it may hold."))
        return data


class PreferencesForm(SoundWishes):
    """All wishes of a reader; `preferences()` gives them as a plain value."""

    keywords = words_field()
    authors = authors_field()
    cadence = forms.ChoiceField(label=_("How often"), choices=CADENCES, widget=forms.RadioSelect)
    days = forms.TypedMultipleChoiceField(
        label=_("On which days"), choices=WEEKDAYS, coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    hour = forms.TypedChoiceField(label=_("At"), choices=HOURS, coerce=int)
    timezone = forms.ChoiceField(label=_("Time zone"))
    size = forms.IntegerField(
        label=_("Papers in a digest"),
        min_value=1,
        max_value=_MOST_PAPERS,
        error_messages=_NO_COUNT,
        help_text=_("From 1 to 50. Ten are read, fifty skimmed."),
    )
    min_papers = forms.IntegerField(
        label=_("Only with at least so many"),
        min_value=1,
        max_value=_MOST_PAPERS,
        error_messages=_NO_COUNT,
        help_text=_("With fewer papers for you, none comes; the best wait for the next digest."),
    )
    wants_quiet_letter = forms.BooleanField(
        label=_("Tell me in a short letter when there is nothing for me"), required=False
    )
    wants_updates = forms.BooleanField(
        label=_("Tell me when a paper that I was sent has a new version"),
        required=False,
        help_text=_("It comes once, marked as a new version, and never among the first three."),
    )
    quiet_holidays = forms.ChoiceField(
        label=_("No digest on public holidays"),
        required=False,
        help_text=_("The papers of those days come with the next digest."),
    )
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)

    class Meta:
        model = Subscriber
        fields = WISHES

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.topics = list(Topic.objects.filter(is_active=True))
        weights = dict(self.instance.topic_preferences.values_list("topic_id", "weight"))
        for topic in self.topics:
            self.fields[f"topic-{topic.pk}"] = forms.TypedChoiceField(
                label=topic.label,
                choices=WEIGHTS,
                coerce=int,
                required=False,
                initial=weights.get(topic.pk, _NO_WISH),
                widget=forms.RadioSelect,
            )
        self._fill_choices()

    def _fill_choices(self) -> None:
        zone, country = self.fields["timezone"], self.fields["quiet_holidays"]
        assert isinstance(zone, forms.ChoiceField)
        assert isinstance(country, forms.ChoiceField)
        zone.choices = _zone_choices(self.instance.timezone)
        country.choices = [("", _("Digests come on holidays too")), *cadence.countries().items()]

    def topic_shelf(self, papers_a_day: Mapping[str, int]) -> dict[str, list[tuple[forms.BoundField, int]]]:
        """Return the fields of the topics with their papers a day: those with a wish and a few more in view."""
        fields = [(self[f"topic-{topic.pk}"], papers_a_day.get(topic.slug, 0)) for topic in self.topics]
        wished = [pair for pair in fields if str(pair[0].value() or _NO_WISH) != str(_NO_WISH)]
        others = [pair for pair in fields if pair not in wished]
        room = max(IN_VIEW - len(wished), 0)
        return {"first": wished + others[:room], "more": others[room:]}

    def preferences(self) -> Preferences:
        """Return what the reader wishes; the form is valid."""
        data = self.cleaned_data
        weights = {topic.pk: data[f"topic-{topic.pk}"] for topic in self.topics}
        return Preferences(
            topics={pk: weight for pk, weight in weights.items() if weight},
            **{name: data[name] for name in WISHES},
        )


class PauseForm(forms.Form):
    """A pause of some weeks, or until a day."""

    weeks = forms.TypedChoiceField(choices=[(n, str(n)) for n in (1, 2, 4)], coerce=int, required=False)
    until = forms.DateField(
        label=_("The next digest comes on or after"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"invalid": _("Choose a day after today.")},
    )

    def __init__(self, *args: Any, today: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._today = today
        first, last = today + dt.timedelta(days=1), today + _LONGEST_PAUSE
        self.fields["until"].widget.attrs |= {"min": first.isoformat(), "max": last.isoformat()}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("weeks"):
            data["until"] = self._today + dt.timedelta(weeks=data["weeks"])
        until = data.get("until")
        if "until" in self.errors:
            return data
        if until is None or until <= self._today:
            self.add_error("until", _("Choose a day after today."))
        elif until > self._today + _LONGEST_PAUSE:
            self.add_error("until", _("A pause lasts a year at most."))
        return data


class NewAddressForm(forms.Form):
    """The address that a reader wants to move to."""

    email = forms.EmailField(
        label=_("New address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "inputmode": "email"}),
        error_messages=ADDRESS_ERRORS,
    )

    def __init__(self, *args: Any, reader: Subscriber, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._reader = reader

    def clean_email(self) -> str:
        email = writable(self.cleaned_data["email"])
        if normalise_address(email) == self._reader.email_normalised:
            raise forms.ValidationError(_("Your digests go to this address already."))
        return email
