"""Letters as pages: a digest on the web, and what one would look like."""

from __future__ import annotations

import dataclasses

from csp.decorators import csp_replace
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from newsletter.models import Digest
from newsletter.preparing import prepare
from newsletter.previewing import LETTER_POLICY, sample, taste_of_query, themed
from papers.models import Paper
from subscribers.tokens import BadToken, Claim, Purpose, read

_LARGEST_SIZE = 50


@require_safe
def web_view(request: HttpRequest, token: str) -> HttpResponse:
    """Show a digest as it was sent, or say that it is no longer kept."""
    try:
        claim = read(Purpose.WEB_VIEW, token, now=timezone.now())
    except BadToken as error:
        raise Http404 from error
    digest = Digest.objects.select_related("edition", "subscriber").filter(pk=claim.subject).first()
    if digest is None:
        return no_longer_kept(request)
    if digest.subscriber is None or digest.subscriber.link_epoch != claim.epoch:
        raise Http404
    return _digest(request, digest, claim)  # type: ignore[call-arg,return-value]  # for the same reason as below


def no_longer_kept(request: HttpRequest, paper: Paper | None = None) -> HttpResponse:
    """Say that a letter is older than what we keep, and lead on to the paper that its link was about."""
    return render(request, "newsletter/no_longer_kept.html", {"paper": paper}, status=410)


@csp_replace(LETTER_POLICY)  # type: ignore[arg-type]  # its hint forgets views with arguments
@xframe_options_sameorigin
def _digest(_request: HttpRequest, digest: Digest, claim: Claim) -> HttpResponse:
    """Return a digest's page, without its pixel and its counted links: a page needs neither.

    Its own links are as old as the letter and die with it: this one is passed on to friends and lies in old mailboxes.
    """
    press = prepare(digest.edition, [digest], now=claim.issued_at)
    return _page(press.letter(dataclasses.replace(press.issues[0], is_tracked=False)).html)


@require_safe
@csp_replace(LETTER_POLICY)
@xframe_options_sameorigin
def preview(request: HttpRequest) -> HttpResponse:
    """Show today's digest for ?topics=vision,audio&keywords=…&authors=…&size=5&language=de&theme=dark, kept nowhere."""
    size = request.GET.get("size", "")
    language = request.GET.get("language", "")
    letter = sample(
        taste_of_query(request.GET),
        size=min(max(int(size), 1), _LARGEST_SIZE) if size.isdecimal() and len(size) < 9 else 10,
        language=language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE,
        now=timezone.now(),
    )
    return _page(themed(letter.html, request.GET.get("theme", "")))


def _page(html: str) -> HttpResponse:
    headers = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex", "Cache-Control": "private, no-store"}
    return HttpResponse(html, headers=headers)
