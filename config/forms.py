"""How what is sent to us is written."""

from __future__ import annotations

import codecs
from collections.abc import Callable

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse


class PlainFormsMiddleware:
    """Refuse a form with files that says it is written in anything but UTF-8.

    Django believes it, and Python's codecs are many: some are none of text and break every page with a form, others
    bring halves of characters past every check into the database, where they break what is read with them.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.content_type == "multipart/form-data" and not _is_plain(request.content_params or {}):
            raise BadRequest("a form in another encoding than UTF-8")
        return self.get_response(request)


def _is_plain(parameters: dict[str, str]) -> bool:
    try:
        return codecs.lookup(parameters.get("charset", "utf-8")).name in {"utf-8", "ascii"}
    except (LookupError, ValueError):
        return True  # Django does not know it either, and reads UTF-8
