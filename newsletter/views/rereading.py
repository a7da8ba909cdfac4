"""A reader's own papers: what they liked, the digests that came, and a feed of them."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from newsletter import rereading
from newsletter.models import Digest
from papers import citing, feeds
from papers.models import Paper
from subscribers.models import Subscriber
from subscribers.tokens import Purpose, sign
from subscribers.views.manage_link import by_manage_link, private
from subscribers.views.pages import reader_or_404

PAGE = 60  # papers


@require_safe
@by_manage_link
def own_papers(request: HttpRequest, reader: Subscriber) -> HttpResponse:
    """Show what a reader liked, and the digests that came."""
    now = timezone.now()
    context = {
        "token": reader.token(Purpose.MANAGE, now=now),
        "feed_token": reader.token(Purpose.FEED, now=now),
        "page": Paginator(rereading.liked_by(reader), PAGE).get_page(request.GET.get("page")),
        "digests": [(digest, _web_view(digest, reader)) for digest in rereading.digests_of(reader)],
    }
    return render(request, "newsletter/own_papers.html", context)


@require_safe
@by_manage_link
def own_citations(request: HttpRequest, reader: Subscriber, form: str) -> HttpResponse:
    """Hand out all that a reader liked as a file for whoever cites it."""
    return citing.file_of(rereading.liked_by(reader), form=form, name="liked")


@require_POST
@by_manage_link
def take_back(request: HttpRequest, reader: Subscriber, pk: int) -> HttpResponse:
    """Take a paper off the list of what a reader liked."""
    now = timezone.now()
    rereading.take_back(reader, get_object_or_404(Paper, pk=pk), now=now)
    messages.success(request, _("The paper is off your list."))
    return redirect("own_papers", token=reader.token(Purpose.MANAGE, now=now))


@require_safe
def own_feed(request: HttpRequest, token: str, form: str) -> HttpResponse:
    """Hand out the papers of a reader's digests; the address opens this and nothing else, and never grows old."""
    reader = reader_or_404(Purpose.FEED, token)
    title = f"{_('Your papers')} · {settings.NEWSLETTER_NAME}"
    papers = rereading.papers_sent_to(reader, limit=feeds.MOST)
    return private(feeds.FORMS[form](feeds.Feed(title, reverse("day"), request.path, papers)))


def _web_view(digest: Digest, reader: Subscriber) -> str:
    # As old as the letter, like the link in it: who passes the page on passes on no fresh keys to the preferences.
    return sign(Purpose.WEB_VIEW, digest.pk, epoch=reader.link_epoch, now=digest.sent_at or digest.created_at)
