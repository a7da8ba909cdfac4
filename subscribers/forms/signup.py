"""The sign-up form: an address, topics, and when the digest should come."""

from __future__ import annotations

import datetime as dt
from typing import Any, Protocol

from django import forms
from django.conf import settings
from django.core import signing
from django.http import QueryDict
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from papers.models import Topic
from subscribers.models import validate_timezone
from subscribers.preferences import announcements_wording
from subscribers.signup import Seeds, Wanted, papers_a_day

from .address import AddressForm
from .fields import HOURS, IN_VIEW, authors_field, words_field, zones

# A page may lie open for a day.
_MOST_SECONDS = 86_400
_SALT = "subscribers.signup.seen"
# A library of a thousand papers, pasted or as a file; more than that is a mistake.
_MOST_CHARACTERS = 1_000_000


class Captcha(Protocol):
    """What SIGN_UP_CAPTCHA names, called with the request: a question that robots cannot answer."""

    html: str

    def passes(self) -> bool:
        """Say whether the request answers it."""


class WantedForm(AddressForm):
    """What a visitor wants, whichever way it came."""

    topics = forms.MultipleChoiceField(
        required=False, label=_("What do you work on?"), widget=forms.CheckboxSelectMultiple
    )
    keywords = words_field()
    authors = authors_field()
    seeds = forms.CharField(
        required=False,
        max_length=_MOST_CHARACTERS,
        label=_("Papers that you like"),
        help_text=_("Paste arXiv links or BibTeX entries: their topics, words and authors are followed."),
        widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off", "spellcheck": "false"}),
    )
    hour = forms.TypedChoiceField(
        required=False,
        coerce=int,
        empty_value=None,
        initial=7,
        label=_("Local hour"),
        choices=HOURS,
    )
    # A plain field with a select: checking 430 zones as choices would cost every sign-up 4 ms.
    timezone = forms.CharField(
        required=False,
        initial="UTC",
        validators=[validate_timezone],
        label=_("Time zone"),
        widget=forms.Select(choices=zones()),
    )

    announcements = forms.BooleanField(required=False, label=lazy(announcements_wording, str)())

    def __init__(self, *args: Any, now: dt.datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = now
        topics = self.fields["topics"]
        assert isinstance(topics, forms.MultipleChoiceField)
        topics.choices = [(topic.slug, topic.label) for topic in Topic.objects.filter(is_active=True)]

    def topic_shelf(self) -> dict[str, Any]:
        """Return the topics' boxes, the first few in view and the others behind a fold, open when one is chosen."""
        boxes: list[Any] = list(self["topics"])
        per_day = papers_a_day(now=self.now)
        for box in boxes:
            box.per_day = per_day.get(box.data["value"], 0)
        chosen = set(self["topics"].value() or [])
        more = boxes[IN_VIEW:]
        return {"first": boxes[:IN_VIEW], "more": more, "is_open": any(box.data["value"] in chosen for box in more)}

    def clean_seeds(self) -> Seeds:
        """Read what was pasted; text in which no paper is found is a mistake worth a word."""
        text = self.cleaned_data["seeds"]
        found = Seeds.read(text)
        if text.strip() and not found:
            raise forms.ValidationError(_("We found no arXiv link and no BibTeX entry in this."))
        return found

    def wanted(self) -> Wanted:
        """Return what was chosen, as a plain value."""
        data = self.cleaned_data
        return Wanted(
            topics=tuple(data["topics"]),
            keywords=tuple(data["keywords"]),
            authors=tuple(data["authors"]),
            timezone=data["timezone"],
            hour=data["hour"],
            announcements=data["announcements"],
        ).with_seeds(data["seeds"])


class SignUpForm(WantedForm):
    """The form on a page. `is_robot` tells whether the trap was filled: a robot gets the same answer and no row."""

    library = forms.FileField(
        required=False,
        label=_("Or a file of them"),
        help_text=_("A BibTeX library (.bib) or a list of links, up to 1 MB. We keep what it says, not the file."),
        widget=forms.FileInput(attrs={"accept": ".bib,.bibtex,.txt,text/plain"}),
    )
    # A trap: people do not see it, robots fill it.
    website = forms.CharField(required=False, widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"}))

    # The file joins what was pasted, so it is read first.
    field_order = ("library",)

    def __init__(self, *args: Any, network: str, captcha: Captcha | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.network = network
        self.captcha = captcha

    def clean_library(self) -> None:
        """Put the file's text to what was pasted: so it stays when the page comes back with a remark."""
        if not (file := self.cleaned_data["library"]):
            return
        if file.size > _MOST_CHARACTERS:
            raise forms.ValidationError(_("The file is larger than 1 MB. Take a part of it, such as the last years."))
        content = file.read()
        if b"\0" in content:
            raise forms.ValidationError(_("That is no text file. Reference managers export BibTeX (.bib) files."))
        assert isinstance(self.data, QueryDict)  # a file comes with a page's form only
        changed = self.data.copy()
        changed["seeds"] = f"{changed.get('seeds', '')}\n{_text(content)}".strip()
        self.data = changed

    def clean(self) -> None:
        """Ask for one more press of the button when the first came faster than any hand, or from elsewhere."""
        if not self._was_filled_by_hand():
            raise forms.ValidationError(_("One more press of the button, please: so we know that you are a person."))
        if self.captcha and not self.captcha.passes():
            raise forms.ValidationError(_("Please answer the question above the button."))

    @property
    def is_robot(self) -> bool:
        return bool(self.data.get("website"))

    @property
    def stamp(self) -> str:
        """Return the signed time that the page carries; a page that comes back with a remark needs no second wait."""
        waited = dt.timedelta(seconds=settings.SIGN_UP_LEAST_SECONDS if self.is_bound else 0)
        return self._signer().sign(str(int((self.now - waited).timestamp())))

    def _was_filled_by_hand(self) -> bool:
        if not settings.SIGN_UP_LEAST_SECONDS:
            return True
        try:
            age = self.now.timestamp() - int(self._signer().unsign(self.data.get("seen", "")))
        except (signing.BadSignature, ValueError):
            return False
        return settings.SIGN_UP_LEAST_SECONDS <= age <= _MOST_SECONDS

    def _signer(self) -> signing.Signer:
        # Bound to the visitor's network: a page fetched by one robot is of no use to a thousand others.
        return signing.Signer(salt=f"{_SALT} {self.network}")


def _text(content: bytes) -> str:
    """Return what stands in a file: UTF-8, or what older reference managers write."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")
