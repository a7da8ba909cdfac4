"""What every public page has in common: nobody's own, so it may be kept, compressed and asked for again."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from functools import wraps

from django import forms
from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import conditional_page, require_safe

View = Callable[..., HttpResponse]


def public_page(view: View) -> View:
    """Let a page without cookies be kept for a minute, then asked for again by its ETag; GET and HEAD only."""

    @wraps(view)
    def kept(request: HttpRequest, **arguments) -> HttpResponse:
        response = view(request, **arguments)
        if response.status_code == 200:
            patch_cache_control(response, public=True, max_age=60, stale_while_revalidate=600)
        return response

    return require_safe(conditional_page(gzip_page(kept)))


def place_of(request: HttpRequest) -> str:
    """Return the address that a request comes from: behind our proxy, the one that the proxy saw; "" for none.

    Of IPv6 the network stands for all its addresses: everybody has 2⁶⁴ of them.
    """
    said = request.META.get("REMOTE_ADDR", "")
    # Only the last entry was written by our own proxy; whatever stands before it came with the request.
    if settings.BEHIND_PROXY and (forwarded := request.META.get("HTTP_X_FORWARDED_FOR", "")):
        said = forwarded.rpartition(",")[2].strip()
    try:
        address = ipaddress.ip_address(said)
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((int(address), 64), strict=False).network_address)


def read(form: type[forms.Form], request: HttpRequest) -> dict:
    """Return the parameters that `form` names, cleaned; all others are not looked at. Nonsense is a BadRequest."""
    bound = form(request.GET)
    if not bound.is_valid():
        raise BadRequest(bound.errors.as_json())
    return bound.cleaned_data
