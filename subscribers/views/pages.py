"""What the pages of sign-up and leaving share."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.module_loading import import_string
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_http_methods

from papers.public import place_of
from subscribers import throttle, tokens
from subscribers.forms.signup import Captcha, SignUpForm
from subscribers.models import Subscriber
from subscribers.signup import Visitor

from .manage_link import private

shows_and_acts = require_http_methods(["GET", "HEAD", "POST"])


def page(request: HttpRequest, name: str, *, status: int = 200, **context: object) -> HttpResponse:
    """Return templates/subscribers/<name>.html, for nobody but this visitor."""
    return private(render(request, f"subscribers/{name}.html", context, status=status))


def too_many(request: HttpRequest, error: throttle.TooMany, *, name: str = "wait") -> HttpResponse:
    """Say when to try again; nothing that was written is lost, the browser's back button has it."""
    response = page(request, name, status=429, minutes=max(1, round(error.retry_after / 60)))
    response["Retry-After"] = str(error.retry_after)
    return response


def visitor(request: HttpRequest, form: str) -> Visitor:
    """Return what limits and the consent ledger need to know of the visitor."""
    return Visitor(
        network=throttle.network_of(place_of(request)), language=get_language() or "en", form=form, wording=wording()
    )


def sign_up_form(request: HttpRequest, **more: Any) -> SignUpForm:
    """Return the form, filled with what was posted."""
    data, files = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    network = throttle.network_of(place_of(request))
    return SignUpForm(data, files, now=timezone.now(), network=network, captcha=captcha(request), **more)


def captcha(request: HttpRequest) -> Captcha | None:
    """Return the question of SIGN_UP_CAPTCHA, in times of attack only."""
    if settings.SIGN_UP_CAPTCHA and throttle.is_under_attack(now=timezone.now()):
        question: Captcha = import_string(settings.SIGN_UP_CAPTCHA)(request)
        return question
    return None


def wording() -> str:
    """Return the sentence that stands beside the button, in the visitor's language."""
    return gettext(
        "You get one email with a button first. Only after you press it does %(name)s send you the digest. "
        "Every letter has a link that stops them all."
    ) % {"name": settings.NEWSLETTER_NAME}


def reader_or_404(purpose: tokens.Purpose, token: str) -> Subscriber:
    """Return whose link it is, and speak their language; raise Http404 for one that is not ours or no longer works."""
    reader = reader_or_none(purpose, token)
    if reader is None:
        raise Http404
    return reader


def reader_or_none(purpose: tokens.Purpose, token: str) -> Subscriber | None:
    """The same, but None for a link of ours whose reader was deleted."""
    try:
        reader = Subscriber.objects.of_link(purpose, token, now=timezone.now())
    except tokens.BadToken:
        raise Http404 from None
    except Subscriber.DoesNotExist:
        return None
    translation.activate(reader.language)  # to the end of this request: the middleware sets it anew for the next
    return reader
