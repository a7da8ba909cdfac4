"""The answer to "is it still of use to you?"."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from subscribers.models import Subscriber

from .manage_link import by_manage_link
from .pages import shows_and_acts


@shows_and_acts
@by_manage_link
def stay(request: HttpRequest, reader: Subscriber) -> HttpResponse:
    """Ask; a press of the button is the answer (the door has kept that the reader was here)."""
    return render(request, "subscribers/stay.html", {"has_answered": request.method == "POST"})
