"""The door of the pages that belong to one reader: a signed link, no password."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone, translation

from subscribers import preferences, tokens
from subscribers.cadence import zone_of
from subscribers.models import Subscriber
from subscribers.tasks import nudge

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, Subscriber, P], HttpResponse]


def by_manage_link(view: View[P]) -> Callable[..., HttpResponse]:
    """Give the view its reader, in the reader's language and time zone; no cache keeps the page."""

    @wraps(view)
    def opened(request: HttpRequest, token: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            reader = Subscriber.objects.of_link(tokens.Purpose.MANAGE, token, now=timezone.now())
        except tokens.ExpiredToken as error:
            return private(_offer_new_link(request, error.claim))
        except tokens.BadToken:
            raise Http404 from None
        except Subscriber.DoesNotExist:  # deleted, perhaps by the first of two presses
            return private(render(request, "subscribers/forgotten.html", status=410))
        if request.method == "POST":
            Subscriber.objects.filter(pk=reader.pk).mark_seen(now=timezone.now())
        with translation.override(reader.language), timezone.override(zone_of(reader.timezone)):
            return private(view(request, reader, *args, **kwargs))

    return opened


def _offer_new_link(request: HttpRequest, claim: tokens.Claim) -> HttpResponse:
    """Say that the link is too old; a press of the button sends a new one to the address we know."""
    is_sent = request.method == "POST" and "renew" in request.POST
    if is_sent:
        reader = get_object_or_404(Subscriber, pk=claim.subject, link_epoch=claim.epoch)
        preferences.send_new_link(reader, now=timezone.now())
        nudge()
    return render(request, "subscribers/link_expired.html", {"is_sent": is_sent}, status=200 if is_sent else 410)


def private(response: HttpResponse) -> HttpResponse:
    """Keep the page out of every cache and index; links away from it carry no address."""
    response["Cache-Control"] = "no-store, private"
    response["X-Robots-Tag"] = "noindex"
    response["Referrer-Policy"] = "same-origin"
    return response
