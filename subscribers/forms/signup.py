"""The sign-up form: an address, topics, and when the digest should come."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Iterable

from django import forms
from django.conf import settings
from django.core import signing
from django.utils.translation import gettext_lazy as _

from mail.letter import BadAddress, ascii_address
from papers.models import Topic
from subscribers.signup import Wanted

# A page may lie open for a day.
_MOST_SECONDS = 86_400
_SALT = "subscribers.signup.seen"


class AddressForm(forms.Form):
    """An address that a letter can go to."""

    email = forms.EmailField(
        max_length=254,
        label=_("Your email address"),
        widget=forms.EmailInput(attrs={"autocomplete": "email", "inputmode": "email", "spellcheck": "false"}),
        error_messages={
            "required": _("Please write the address that the digest should come to."),
            "invalid": _("That does not look like an email address. One looks like ada@example.org."),
        },
    )

    def clean_email(self) -> str:
        """Refuse what cannot stand in a letter's header."""
        try:
            ascii_address(self.cleaned_data["email"])
        except BadAddress:
            raise forms.ValidationError(_("We cannot write to such an address yet. Do you have another one?")) from None
        return self.cleaned_data["email"]


class SignUpForm(AddressForm):
    """What a visitor wants. `is_robot` tells whether the trap was filled: a robot gets the same answer and no row."""

    topics = forms.MultipleChoiceField(
        required=False, label=_("What do you work on?"), widget=forms.CheckboxSelectMultiple
    )
    timezone = forms.ChoiceField(required=False, label=_("Time zone"))
    hour = forms.TypedChoiceField(
        required=False,
        coerce=int,
        empty_value=None,
        label=_("Local hour"),
        choices=[(h, f"{h:02}:00") for h in range(24)],
    )
    # A trap: people do not see it, robots fill it.
    website = forms.CharField(required=False, widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"}))

    def __init__(self, *args, now: dt.datetime, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.now = now
        self._offer("topics", Topic.objects.filter(is_active=True).values_list("slug", "name"))
        self._offer("timezone", ((name, name.replace("_", " ")) for name in _zones()))

    def _offer(self, name: str, choices: Iterable[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = list(choices)

    def clean(self) -> None:
        """Ask for one more press of the button when the first came faster than any hand."""
        if not _was_filled_by_hand(self.data.get("seen", ""), now=self.now):
            raise forms.ValidationError(
                _("One more press of the button, please: this is how we tell people from robots.")
            )

    @property
    def stamp(self) -> str:
        """Return the signed time that the page carries; a page that comes back with a remark needs no second wait."""
        waited = dt.timedelta(seconds=settings.SIGN_UP_LEAST_SECONDS if self.is_bound else 0)
        return signing.Signer(salt=_SALT).sign(str(int((self.now - waited).timestamp())))

    @property
    def is_robot(self) -> bool:
        return bool(self.data.get("website"))

    def wanted(self) -> Wanted:
        """Return what was chosen, as a plain value."""
        data = self.cleaned_data
        return Wanted(topics=tuple(data["topics"]), timezone=data["timezone"], hour=data["hour"])


def _was_filled_by_hand(stamp: str, *, now: dt.datetime) -> bool:
    if not settings.SIGN_UP_LEAST_SECONDS:
        return True
    try:
        age = now.timestamp() - int(signing.Signer(salt=_SALT).unsign(stamp))
    except (signing.BadSignature, ValueError):
        return False
    return settings.SIGN_UP_LEAST_SECONDS <= age <= _MOST_SECONDS


def _zones() -> list[str]:
    return ["", *sorted(name for name in zoneinfo.available_timezones() if "/" in name and not name.startswith("Etc/"))]
