"""An address, with a remark where it looks like a slip."""

from __future__ import annotations

from disposable_email_domains import blocklist
from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from mail.letter import BadAddress, usual_address

# Where most private mailboxes are; a domain one slip away from these is asked about.
POPULAR = (
    *("gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "yahoo.com", "aol.com"),
    *("icloud.com", "proton.me", "protonmail.com", "gmx.de", "gmx.net", "web.de", "qq.com", "163.com", "mail.ru"),
)
ADDRESS_ERRORS = {
    "required": _("Please write the address that the digest should come to."),
    "invalid": _("That does not look like an email address. One looks like ada@example.org."),
}
# Real domains that look like a slip.
_REAL = {"mail.com", "email.com", "ymail.com", "gmx.com", "gmx.at", "gmx.ch", "live.de", "126.com"}


class AddressForm(forms.Form):
    """An address that a letter can go to. A remark is made once: with `sure` set to the address it goes through."""

    email = forms.EmailField(
        max_length=254,
        label=_("Your email address"),
        widget=forms.EmailInput(attrs={"autocomplete": "email", "inputmode": "email", "spellcheck": "false"}),
        error_messages=ADDRESS_ERRORS,
    )
    # The address that the visitor was asked about already.
    asked_about = ""

    def clean_email(self) -> str:
        """Refuse what cannot stand in a letter's header; ask once about what looks like a slip."""
        email = writable(self.cleaned_data["email"])
        if self.data.get("sure") != email and (remark := remark_on(email)):
            self.asked_about = email
            raise forms.ValidationError(remark)
        return email


def writable(email: str) -> str:
    """Return the address as we know it; raise ValidationError for one that cannot stand in a letter's header."""
    try:
        return usual_address(email)
    except BadAddress:
        raise forms.ValidationError(_("We cannot write to such an address yet. Do you have another one?")) from None


def remark_on(email: str) -> str:
    """Return what to ask about this address, "" for nothing."""
    local, _at, domain = email.lower().rpartition("@")
    if likely := meant_domain(domain):
        return gettext("Did you mean %(address)s? If it is right as it stands, press the button once more.") % {
            "address": f"{local}@{likely}"
        }
    if domain in blocklist:
        return gettext(
            "Mailboxes at %(domain)s disappear after a while, and the digest with them. "
            "If you want it there all the same, press the button once more."
        ) % {"domain": domain}
    return ""


def meant_domain(domain: str) -> str:
    """Return the domain that was probably meant ("gmial.com" → "gmail.com"), "" when it looks right."""
    if domain in POPULAR or domain in _REAL:
        return ""
    if domain.endswith((".con", ".cmo", ".ocm", ".vom")):
        return domain[:-3] + "com"
    return next((popular for popular in POPULAR if _slips(domain, popular) == 1), "")


def _slips(one: str, other: str) -> int:
    """Return how many letters were left out, added, mistaken or swapped, 2 for "more than one"."""
    if one == other or abs(len(one) - len(other)) > 1:
        return 0 if one == other else 2
    start = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    rest, wanted = one[start:], other[start:]
    is_swap = rest[:2] == wanted[1::-1] and rest[2:] == wanted[2:]
    return 1 if is_swap or rest[1:] == wanted or rest == wanted[1:] or rest[1:] == wanted[1:] else 2
