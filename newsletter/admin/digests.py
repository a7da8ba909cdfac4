"""Digests and what came back: records, read by an editor who has the reader on the phone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from newsletter.models import Digest, Event
from newsletter.preparing import reason_of
from newsletter.rendering.words import reason_in_words
from papers.admin.record import RecordAdmin
from papers.models import Paper, Topic
from subscribers.models import Subscriber

_WHAT_BECAME_OF_IT = ["due_at", "sent_at", "last_code", "delivered_at", "bounced_at", "complained_at"]
_HOW_IT_WAS_SENT = ["attempts", "resends", "reclaims", "not_before", "expires_at", "sending_at", "last_stage"]
_HOW_IT_WAS_SENT += ["provider_id", "lease_owner", "lease_until", "claim_no", "topics", "is_first"]


@admin.register(Digest)
class DigestAdmin(RecordAdmin):
    empty_words = _("A digest stands here as soon as the first reader is due.")
    list_display = ["id", "day", "reader", "state", "reason", "attempts", "due_at", "sent_at", "last_code"]
    list_filter = ["state", "resends", "edition"]
    # No other column has an index: a press on its heading would sort all that was ever sent.
    sortable_by = ["id"]
    list_select_related = ["edition", "subscriber"]
    fieldsets = [
        (None, {"fields": ["edition", "subscriber", "reader", "state", "reason", "papers", *_WHAT_BECAME_OF_IT]}),
        (_("How it was sent"), {"classes": ["collapse"], "fields": _HOW_IT_WAS_SENT}),
    ]
    search_fields = ["=id", "=subscriber__email_normalised"]
    search_help_text = _("A digest's number or a reader's whole address")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Digest], search_term: str
    ) -> tuple[QuerySet[Digest], bool]:
        """Look it up in one index: a number or an address at once read every digest, 2.4 s of three million."""
        word = search_term.strip()
        if not word:
            return queryset, False
        if word.isdecimal():
            return queryset.filter(pk=int(word[:18])), False
        reader = Subscriber.objects.with_address(word)
        return (queryset.filter(subscriber=reader) if reader else queryset.none()), False

    @admin.display(description=_("day"), ordering="edition")
    def day(self, digest: Digest) -> dt.date:
        return digest.edition.day

    @admin.display(description=_("reader"))
    def reader(self, digest: Digest) -> str:
        return digest.subscriber.email if digest.subscriber else "—"

    @admin.display(description=_("papers"))
    def papers(self, digest: Digest) -> str:
        """Return what the letter brought, in its order and with the reasons that it gave."""
        return format_html_join(SafeString("<br>"), '<a href="{}" class="underline">{}</a> · {}', _lines(digest)) or "—"


def _lines(digest: Digest) -> Iterator[tuple[str, str, str]]:
    papers = Paper.objects.in_bulk([pick["paper"] for pick in digest.picks])
    names = dict(Topic.objects.values_list("slug", "name"))
    is_tracked = digest.subscriber is not None and digest.subscriber.tracking == Subscriber.Consent.GRANTED
    for pick in digest.picks:
        if paper := papers.get(pick["paper"]):
            reason = reason_of(pick["reason"]["kind"], pick["reason"]["value"], names)
            yield paper.get_absolute_url(), paper.title, reason_in_words(reason, is_tracked=is_tracked)


@admin.register(Event)
class EventAdmin(RecordAdmin):
    empty_words = _("Whatever comes back from a letter stands here: bounces, complaints, clicks, more and less.")
    list_display = ["at", "kind", "verdict", "digest", "paper", "is_machine", "detail"]
    # The last days and not a calendar: to know which years there are, every event would be read.
    list_filter = ["kind", "is_machine", "at"]
    list_select_related = ["digest", "paper"]
    sortable_by = ["at"]
