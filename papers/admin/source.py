"""Sources: what they bring, how fresh they are, and when they are asked again."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import UnfoldAdminSelectWidget

from papers.admin.question import is_answered, question
from papers.admin.record import DeskAdmin, RecordAdmin
from papers.models import Source, SourceRun
from papers.sources import READERS

# Kinds that know by themselves where to ask.
NEED_NO_ADDRESS = frozenset({"huggingface", "huggingface-page", "arxiv-api"})
LEAST_MINUTES = 5  # the clock looks that often


class SourceForm(forms.ModelForm):
    kind = forms.ChoiceField(
        choices=[(name, name) for name, reader in READERS.items() if reader.fetch and name != "paper"],
        widget=UnfoldAdminSelectWidget,
        help_text=_("huggingface: no address needed. arxiv-feed: categories such as cs.CL+cs.IR. arxiv-api: a query."),
    )

    class Meta:
        model = Source
        fields = ["name", "kind", "address", "is_enabled", "every_minutes"]

    def clean_every_minutes(self) -> int:
        minutes: int = self.cleaned_data["every_minutes"]
        if minutes < LEAST_MINUTES:
            raise forms.ValidationError(_("Five minutes at least: nobody wants to be asked more often."))
        return minutes

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("kind") and data["kind"] not in NEED_NO_ADDRESS and not data.get("address"):
            self.add_error("address", _("This kind needs an address: without one nothing can be asked."))
        return data


@admin.register(Source)
class SourceAdmin(DeskAdmin):
    empty_words = _("Without a source no paper comes. Hugging Face needs a name and nothing else.")
    form = SourceForm
    list_display = ["name", "kind", "freshness", "last_success_at", "next_fetch_at", "trouble", "is_enabled"]
    list_editable = ["is_enabled"]
    list_filter = ["freshness", "kind", "is_enabled"]
    readonly_fields = ["freshness", "last_success_at", "next_fetch_at", "trouble"]
    actions = ["ask_now"]
    actions_submit_line = ["ask_this_now"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Source]:
        last = SourceRun.objects.filter(source=OuterRef("pk")).order_by("-started_at")
        return super().get_queryset(request).annotate(last_error=Subquery(last.values("error")[:1]))

    @admin.display(description=_("what the last run says"))
    def trouble(self, source: Any) -> str:
        return source.last_error or "–"

    @admin.action(description=_("Ask again at the next tick, within five minutes"), permissions=["change"])
    def ask_now(self, request: HttpRequest, sources: QuerySet[Source]) -> HttpResponse | None:
        if not is_answered(request):
            text = _("Each is asked at the next tick, within five minutes, whatever pause it was in.")
            return question(self, request, sources, title=_("Ask them again"), consequence=text)
        self._make_due(request, sources)
        return None

    @action(description=_("Ask again now"), permissions=["change"])
    def ask_this_now(self, request: HttpRequest, source: Source) -> None:
        """Do the same from the page of one source, where the desk's warning leads."""
        self._make_due(request, Source.objects.filter(pk=source.pk))

    def _make_due(self, request: HttpRequest, sources: QuerySet[Source]) -> None:
        for source in sources:
            Source.objects.filter(pk=source.pk).update(next_fetch_at=timezone.now())
            self.log_change(request, source, "asked again")
        self.message_user(request, _("Due now: asked at the next tick, within five minutes."))


@admin.register(SourceRun)
class SourceRunAdmin(RecordAdmin):
    empty_words = _("Every import is written down here, with what it brought and what it refused.")
    list_display = ["kind", "source", "started_at", "new", "changed", "same", "rejected", "freshness", "error"]
    list_filter = ["freshness", "kind"]
    list_select_related = ["source"]
    date_hierarchy = "started_at"
