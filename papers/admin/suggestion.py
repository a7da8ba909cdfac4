"""Suggestions of visitors: taken in or left."""

from __future__ import annotations

from contextlib import closing

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from papers.admin.question import is_answered, question
from papers.admin.record import DeskAdmin
from papers.fetching import open_web
from papers.models import Suggestion
from papers.sources import SourceError
from papers.suggesting import take


@admin.register(Suggestion)
class SuggestionAdmin(DeskAdmin):
    empty_words = _("No visitor has suggested a paper yet. The foot of every page leads to the form.")
    list_display = ["arxiv_id", "on_arxiv", "times", "created_at", "state"]
    list_filter = ["state"]
    search_fields = ["arxiv_id"]
    readonly_fields = ["arxiv_id", "on_arxiv", "times", "created_at", "state"]
    actions = ["take_in", "leave"]
    # arXiv wants three seconds between two questions, and the page waits for them.
    MOST_AT_ONCE = 5

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.display(description=_("look at it"))
    def on_arxiv(self, suggestion: Suggestion) -> str:
        address = f"https://arxiv.org/abs/{suggestion.arxiv_id}"
        return format_html('<a href="{}" target="_blank" rel="noreferrer">arXiv</a>', address)

    @admin.action(description=_("Take in: fetch from arXiv, put among today's papers"), permissions=["change"])
    def take_in(self, request: HttpRequest, suggestions: QuerySet[Suggestion]) -> HttpResponse | None:
        if suggestions.count() > self.MOST_AT_ONCE:
            self.message_user(request, _("Take in five at once at most: arXiv wants pauses."), messages.WARNING)
            return None
        if not is_answered(request):
            text = _("Each is fetched from arXiv, some seconds a paper, and stands among today's papers.")
            return question(self, request, suggestions, title=_("Take them in"), consequence=text)
        with closing(open_web()) as web:
            for suggestion in suggestions:
                try:
                    take(suggestion, web=web, now=timezone.now())
                except SourceError as error:
                    self.message_user(request, f"{suggestion}: {error}", messages.ERROR)
                else:
                    self.log_change(request, suggestion, "taken in")
                    self.message_user(request, _("%s is among today's papers.") % suggestion, messages.SUCCESS)
        return None

    @admin.action(description=_("Leave them out"), permissions=["change"])
    def leave(self, request: HttpRequest, suggestions: QuerySet[Suggestion]) -> HttpResponse | None:
        if not is_answered(request):
            text = _("They no longer wait. The list keeps them, so that they can be taken in later.")
            return question(self, request, suggestions, title=_("Leave them out"), consequence=text)
        for suggestion in suggestions:
            suggestion.mark_left()
            self.log_change(request, suggestion, "left out")
        self.message_user(request, _("Left out. The list keeps them, so that they can be taken in later."))
        return None
