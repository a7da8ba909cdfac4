"""The door of the pages that belong to one reader: a signed link, no password."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone, translation

from subscribers import tokens
from subscribers.cadence import zone_of
from subscribers.models import Subscriber

# A forwarded letter should not open somebody's preferences for ever; an old link offers a new one.
MANAGE_LIFE = dt.timedelta(days=30)

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, Subscriber, P], HttpResponse]


def by_manage_link(view: View[P]) -> Callable[..., HttpResponse]:
    """Give the view its reader, in the reader's language and time zone; no cache keeps the page."""

    @wraps(view)
    def opened(request: HttpRequest, token: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            reader = reader_of(token, now=timezone.now())
        except tokens.ExpiredToken:
            return private(render(request, "subscribers/link_expired.html", status=410))
        with translation.override(reader.language), timezone.override(zone_of(reader.timezone)):
            return private(view(request, reader, *args, **kwargs))

    return opened


def reader_of(token: str, *, now: dt.datetime) -> Subscriber:
    """Return whose link it is; raise Http404 for one that is not ours or was revoked, ExpiredToken for an old one."""
    try:
        claim = tokens.read(tokens.Purpose.MANAGE, token, now=now, max_age=MANAGE_LIFE)
    except tokens.ExpiredToken:
        raise
    except tokens.BadToken as error:
        raise Http404 from error
    return get_object_or_404(Subscriber, pk=claim.subject, link_epoch=claim.epoch)


def manage_token(reader: Subscriber, *, now: dt.datetime) -> str:
    """Return a fresh token of the reader's preferences pages."""
    return tokens.sign(tokens.Purpose.MANAGE, reader.pk, epoch=reader.link_epoch, now=now)


def private(response: HttpResponse) -> HttpResponse:
    """Keep the page out of every cache and index; links away from it carry no address."""
    response["Cache-Control"] = "no-store, private"
    response["X-Robots-Tag"] = "noindex"
    response["Referrer-Policy"] = "same-origin"
    return response
