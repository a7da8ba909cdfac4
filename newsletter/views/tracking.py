"""The doors that letters lead to: the open pixel, the links, more and less like this."""

from __future__ import annotations

import base64

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone, translation
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_safe

from newsletter import tracking
from newsletter.models import Event

# 43 bytes: one transparent pixel. The same for every token, so that it tells nothing.
PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==")
personal = cache_control(no_store=True, private=True)


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
    except tracking.NoSuchLink as error:
        raise Http404 from error
    translation.activate(digest.subscriber.language if digest.subscriber else settings.LANGUAGE_CODE)
    if request.method == "POST":
        tracking.say(digest, paper, Event.Kind(kind), now=now)
    context = {"paper": paper, "kind": kind, "is_said": request.method == "POST", "token": token, "number": number}
    response = render(request, "newsletter/feedback.html", context)
    # Not "no-referrer": a browser would then send the button's POST with "Origin: null", which the CSRF check refuses.
    response["Referrer-Policy"] = "same-origin"
    return response
