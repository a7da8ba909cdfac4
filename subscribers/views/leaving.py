"""The pages of leaving. A link in a letter only shows; a button, or a mail program's own POST, acts."""

from __future__ import annotations

import datetime as dt

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from subscribers import leaving, tokens
from subscribers.models import Subscriber
from subscribers.models.readers import LINK_LIVES
from subscribers.tokens import Purpose

from .manage_link import private
from .pages import page, reader_or_404, reader_or_none, shows_and_acts


@shows_and_acts
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Show the button; POST stops all mail, or (`act`) pauses it, makes it weekly or stops the announcements alone."""
    reader, now = reader_or_none(Purpose.UNSUBSCRIBE, token), timezone.now()
    if reader is None:  # deleted since: what they came for has happened
        return page(request, "unsubscribe", token=token, has_left=True)
    if request.method != "POST":
        return page(request, "unsubscribe", reader=reader, token=token, has_left=not _gets_mail(reader))
    if request.POST.get("act") == "rest":
        return page(request, "less", reader=reader, done=leaving.rest(reader, now=now), act="rest")
    if request.POST.get("act") == "fewer":
        return page(request, "less", reader=reader, done=leaving.fewer(reader, now=now), act="fewer")
    if request.POST.get("act") == "digests":
        return page(request, "less", reader=reader, done=leaving.only_digests(reader, now=now), act="digests")
    left = leaving.leave(reader, by="page", now=now)
    undo = reader.token(Purpose.UNDO, now=now) if left else ""
    return page(request, "goodbye", token=token, undo=undo, reasons=leaving.REASONS)


@require_POST
def say_why(request: HttpRequest, token: str) -> HttpResponse:
    """Keep the reason for leaving, if somebody wants to give one."""
    leaving.say_why(reader_or_404(Purpose.UNSUBSCRIBE, token), request.POST.get("reason", ""))
    return page(request, "thanks")


@shows_and_acts
def undo(request: HttpRequest, token: str) -> HttpResponse:
    """Show the way back; POST takes it."""
    now = timezone.now()
    if back := _back_already(token, now=now):  # a second press
        return page(request, "returned", reader=back)
    reader = reader_or_404(Purpose.UNDO, token)
    if request.method != "POST":
        return page(request, "undo", token=token)
    leaving.undo(reader, now=now)
    return page(request, "returned", reader=reader)


@csrf_exempt
@shows_and_acts
def one_click(request: HttpRequest, token: str) -> HttpResponse:
    """Answer a mail program's own unsubscribe button (RFC 8058): POST, no cookie, never a redirect.

    The body is List-Unsubscribe=One-Click in either form encoding. A reader who is gone needs nothing more: 200 too.
    A person who opens the address by hand gets the page.
    """
    if request.method in ("GET", "HEAD"):
        return unsubscribe(request, token)
    if request.POST.get("List-Unsubscribe") != "One-Click":
        return private(HttpResponse("POST List-Unsubscribe=One-Click stops all mail.\n", "text/plain", 400))
    now = timezone.now()
    try:
        leaving.leave(Subscriber.objects.of_link(Purpose.UNSUBSCRIBE, token, now=now), by="one_click", now=now)
    except tokens.BadToken:
        return private(HttpResponse("This is no link of ours.\n", "text/plain", 404))
    except Subscriber.DoesNotExist:
        pass
    return private(HttpResponse("All mail has stopped.\n", "text/plain"))


def _back_already(token: str, *, now: dt.datetime) -> Subscriber | None:
    try:
        claim = tokens.read(Purpose.UNDO, token, now=now, max_age=LINK_LIVES[Purpose.UNDO])
    except tokens.BadToken:
        return None
    reader = Subscriber.objects.filter(pk=claim.subject).first()
    return reader if reader and _gets_mail(reader) else None


def _gets_mail(reader: Subscriber) -> bool:
    return reader.state in (reader.State.PENDING, reader.State.ACTIVE, reader.State.PAUSED)
