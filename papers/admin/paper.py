"""Papers: an editor hides, lifts and corrects them, and sets their topics."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline

from papers.ingestion import identify
from papers.models import Paper, PaperTopic


class PaperTopicInline(TabularInline):
    model = PaperTopic
    extra = 0
    fields = ["topic", "confidence", "set_by"]
    readonly_fields = ["set_by"]
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

    def get_readonly_fields(self, request: HttpRequest, obj: Paper | None = None) -> list[str]:
        return [*self.readonly_fields, "arxiv_id", "doi"] if obj else list(self.readonly_fields)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """What an editor sets or changes by hand, the classifier leaves alone."""
        for one in formset.save(commit=False):
            one.set_by = PaperTopic.SetBy.PERSON
            one.save()
        for one in formset.deleted_objects:
            one.delete()

    def save_model(self, request: HttpRequest, obj: Paper, form: Any, change: bool) -> None:
        """What a person wrote is not overwritten by the next fetch."""
        if {"title", "abstract"} & set(form.changed_data):
            obj.text_from = "person"
        if not change:
            identify(obj)
        super().save_model(request, obj, form, change)
