"""The doors that letters lead to: the open pixel, the links, more and less like this, the upvote."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_safe

from newsletter import tracking
from newsletter.models import Event
from newsletter.views.letters import no_longer_kept

# 43 bytes: one transparent pixel. The same for every token, so that it tells nothing.
PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==")
personal = cache_control(no_store=True, private=True)


@dataclass(frozen=True, slots=True)
class _Opinion:
    """What a feedback link says, in the words of its page before and after; `opposite` takes it back."""

    kind: Event.Kind
    question: Promise
    promise: Promise
    button: Promise
    said: Promise
    effect: Promise
    opposite: str
    change: Promise


_OPINIONS = {
    "more": _Opinion(
        Event.Kind.MORE,
        _("More like this?"),
        _("One press changes what your next digests bring. You can take it back at any time."),
        _("More like this"),
        _("Noted: more like this"),
        _("Papers close to this one will stand higher in your next digest."),
        "less",
        _("No, less like this"),
    ),
    "less": _Opinion(
        Event.Kind.LESS,
        _("Less like this?"),
        _("One press changes what your next digests bring. You can take it back at any time."),
        _("Less like this"),
        _("Noted: less like this"),
        _("Papers close to this one will stand lower in your next digest."),
        "more",
        _("No, more like this"),
    ),
    "up": _Opinion(
        Event.Kind.UPVOTED,
        _("Upvote this paper?"),
        _("Your vote counts once, beside those of our other readers. You can take it back at any time."),
        _("Upvote"),
        _("Your vote counts"),
        _("It lifts the paper on our site, and papers close to it in your next digest."),
        "back",
        _("Take it back"),
    ),
    "back": _Opinion(
        Event.Kind.UNVOTED,
        _("Take your vote back?"),
        _("The paper then counts one vote less."),
        _("Take it back"),
        _("Your vote is taken back"),
        _("The paper counts without it."),
        "up",
        _("Upvote it again"),
    ),
}


@require_safe
@personal
def open_pixel(request: HttpRequest, token: str) -> HttpResponse:
    if request.method == "GET":
        tracking.note_open(token, agent=request.headers.get("User-Agent", ""), now=timezone.now())
    return HttpResponse(PIXEL, content_type="image/gif")


@require_safe
@personal
def click(request: HttpRequest, token: str, number: int) -> HttpResponse:
    agent, is_counted = request.headers.get("User-Agent", ""), request.method == "GET"
    try:
        address = tracking.follow(token, number, agent=agent, is_counted=is_counted, now=timezone.now())
    except tracking.NoSuchLink as error:
        raise Http404 from error
    return HttpResponseRedirect(address, headers={"Referrer-Policy": "no-referrer"})


@require_http_methods(["GET", "HEAD", "POST"])
@personal
def feedback(request: HttpRequest, token: str, number: int, kind: str) -> HttpResponse:
    now = timezone.now()
    try:
        digest, paper = tracking.opinion_on(token, number, now=now)
    except tracking.NoLongerKept as error:
        return no_longer_kept(request, error.paper)
    except tracking.NoSuchLink as error:
        raise Http404 from error
    translation.activate(digest.subscriber.language if digest.subscriber else settings.LANGUAGE_CODE)
    opinion, is_said = _OPINIONS[kind], request.method == "POST"
    if is_said:
        tracking.say(digest, paper, opinion.kind, now=now)
    context = {"paper": paper, "opinion": opinion, "is_said": is_said, "token": token, "number": number}
    response = render(request, "newsletter/feedback.html", context)
    # Not "no-referrer": a browser would then send the button's POST with "Origin: null", which the CSRF check refuses.
    response["Referrer-Policy"] = "same-origin"
    return response
