"""The editor's desk for papers, topics and sources."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline

from papers.fetching import open_web
from papers.models import Paper, PaperTopic, Source, SourceRun, Suggestion, Topic
from papers.sources import SourceError
from papers.suggesting import take


class PaperTopicInline(TabularInline):
    model = PaperTopic
    extra = 0
    fields = ["topic", "confidence", "set_by"]
    autocomplete_fields = ["topic"]


@admin.register(Paper)
class PaperAdmin(ModelAdmin):
    list_display = ["title", "featured_on", "votes", "topic_names", "boost", "is_hidden"]
    list_editable = ["boost", "is_hidden"]
    list_filter = ["is_hidden", "is_sample", "featured_on", "topics"]
    search_fields = ["title", "arxiv_id", "doi"]
    date_hierarchy = "featured_on"
    inlines = [PaperTopicInline]
    readonly_fields = ["identity", "title_key", "original_title", "original_abstract", "text_from", "trend"]
    list_per_page = 50
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Paper]:
        return super().get_queryset(request).defer("vector").prefetch_related("topics")

    @admin.display(description=_("topics"))
    def topic_names(self, paper: Paper) -> str:
        return " · ".join(topic.name for topic in paper.topics.all())

    def save_model(self, request: HttpRequest, obj: Paper, form: Any, change: bool) -> None:
        """What a person wrote is not overwritten by the next fetch."""
        if {"title", "abstract"} & set(form.changed_data):
            obj.text_from = "person"
        super().save_model(request, obj, form, change)


@admin.register(Topic)
class TopicAdmin(ModelAdmin):
    list_display = ["name", "slug", "position", "is_active", "paper_count"]
    list_editable = ["position", "is_active"]
    search_fields = ["name", "slug", "description"]
    autocomplete_fields = ["parent"]
    prepopulated_fields = {"slug": ["name"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Topic]:
        return super().get_queryset(request).annotate(papers_on_it=Count("paper_topics"))

    @admin.display(description=_("papers"), ordering="papers_on_it")
    def paper_count(self, topic: Any) -> int:
        return topic.papers_on_it


@admin.register(Source)
class SourceAdmin(ModelAdmin):
    list_display = ["name", "kind", "freshness", "last_success_at", "next_fetch_at", "is_enabled"]
    list_editable = ["is_enabled"]
    list_filter = ["freshness", "kind", "is_enabled"]
    readonly_fields = ["freshness", "last_success_at", "next_fetch_at", "state"]


@admin.register(SourceRun)
class SourceRunAdmin(ModelAdmin):
    list_display = ["kind", "source", "started_at", "new", "changed", "same", "rejected", "freshness", "error"]
    list_filter = ["freshness", "kind"]
    list_select_related = ["source"]
    date_hierarchy = "started_at"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: SourceRun | None = None) -> bool:
        return False


@admin.register(Suggestion)
class SuggestionAdmin(ModelAdmin):
    list_display = ["arxiv_id", "on_arxiv", "times", "created_at", "state"]
    list_filter = ["state"]
    search_fields = ["arxiv_id"]
    readonly_fields = ["arxiv_id", "on_arxiv", "times", "created_at"]
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
    def take_in(self, request: HttpRequest, suggestions: QuerySet[Suggestion]) -> None:
        if suggestions.count() > self.MOST_AT_ONCE:
            self.message_user(request, _("Take in five at once at most: arXiv wants pauses."), messages.WARNING)
            return
        with closing(open_web()) as web:
            for suggestion in suggestions:
                try:
                    take(suggestion, web=web, now=timezone.now())
                except SourceError as error:
                    self.message_user(request, f"{suggestion}: {error}", messages.ERROR)
                else:
                    self.log_change(request, suggestion, "taken in")
                    self.message_user(request, _("%s is among today's papers.") % suggestion, messages.SUCCESS)

    @admin.action(description=_("Leave them out"), permissions=["change"])
    def leave(self, request: HttpRequest, suggestions: QuerySet[Suggestion]) -> None:
        for suggestion in suggestions:
            suggestion.mark_left()
            self.log_change(request, suggestion, "left out")
        self.message_user(request, _("Left out. The list keeps them, so that they can be taken in later."))
