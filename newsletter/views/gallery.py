"""The letter gallery: every letter in every state, for the staff."""

from __future__ import annotations

from typing import Any

from csp.decorators import csp_replace
from django.conf import settings
from django.contrib import messages
from django.contrib.admin.views.decorators import staff_member_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST, require_safe

from mail.letter import Letter
from newsletter.examples import ACCOUNT, DIGESTS, example, names
from newsletter.previewing import LETTER_POLICY, themed, try_out

_WIDTHS = {"phone": 390, "desktop": 700}
_THEMES = ("light", "dark")


@require_safe
@staff_member_required
def gallery(request: HttpRequest, name: str = "daily") -> HttpResponse:
    """Show one letter in its frames, its text, source, headers and size, with a way to all others."""
    letter = _letter(name, request)
    context: dict[str, Any] = {
        "name": name,
        "title": names()[name],
        "digests": {key: title for key, (title, _make) in DIGESTS.items()},
        "account": ACCOUNT,
        "letter": letter,
        "source": letter.wire.decode("ascii"),
        "html_size": len(letter.html.encode()),
        "mail_size": len(letter.wire),
        "letter_language": _language(request),
        "languages": settings.LANGUAGES,
        "width": _chosen(request, "frame", tuple(_WIDTHS)),
        "theme": _chosen(request, "theme", _THEMES),
        "widths": tuple(_WIDTHS),
        "themes": _THEMES,
    }
    return render(request, "newsletter/gallery.html", context)


@require_safe
@staff_member_required
@csp_replace(LETTER_POLICY)  # type: ignore[arg-type]  # its hint forgets views with arguments
@xframe_options_sameorigin
def gallery_html(request: HttpRequest, name: str) -> HttpResponse:
    """Return the letter's HTML alone, for the frame."""
    return HttpResponse(themed(_letter(name, request).html, request.GET.get("theme", "")))


@require_POST
@staff_member_required
def gallery_send(request: HttpRequest, name: str) -> HttpResponse:
    """Send the letter to whoever asks, at the address of their account, and say what the mail server answered."""
    address = getattr(request.user, "email", "")
    has_left, said = try_out(lambda to: _letter(name, request, to=to), address=address)
    messages.add_message(request, messages.SUCCESS if has_left else messages.ERROR, said)
    return redirect("gallery_letter", name)


def _letter(name: str, request: HttpRequest, **kwargs: str) -> Letter:
    try:
        return example(name, now=timezone.now(), language=_language(request), **kwargs)
    except KeyError as error:
        raise Http404 from error


def _language(request: HttpRequest) -> str:
    return _chosen(request, "language", tuple(code for code, _name in settings.LANGUAGES))


def _chosen(request: HttpRequest, name: str, choices: tuple[str, ...]) -> str:
    value = (request.POST or request.GET).get(name, "")
    return value if value in choices else choices[0]
