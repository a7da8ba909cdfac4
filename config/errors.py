"""What a visitor sees when something breaks on our side."""

from __future__ import annotations

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.views import defaults

_TRY_AGAIN_SECONDS = 30


def server_error(request: HttpRequest) -> HttpResponse:
    """Say "come back soon" when the database is away or has no connection left, and Django's 500 otherwise.

    A program that reads 503 with Retry-After (a mail program's one-click, a provider's webhook) asks again by itself.
    """
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        page = loader.get_template("503.html").render()
        return HttpResponse(page, status=503, headers={"Retry-After": str(_TRY_AGAIN_SECONDS)})
    return defaults.server_error(request)
