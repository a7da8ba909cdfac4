"""Topics: their words, and what would move when they change."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from papers.admin.as_seen import AsSeenAdmin
from papers.admin.lines import Lines
from papers.models import Paper, PaperQuerySet, Topic
from papers.reclassifying import reclassify

# As many papers as a person waits for; manage.py reclassify moves all.
RECENT = dt.timedelta(days=60)
MOST_AT_ONCE = 3_000


class TopicForm(forms.ModelForm):
    phrases = Lines(
        required=False,
        help_text=_(
            "One a line, as words: case, plural and hyphens do not matter. interpretab* begins so; RAG in capitals "
            "counts with another phrase beside it; ~memory is weak; ^dataset counts in titles only; "
            "+introduce ... benchmark counts thrice; !GPU memory is no evidence."
        ),
    )
    arxiv_hints = Lines(required=False, help_text=_("arXiv categories that speak for it, one a line."))

    class Meta:
        model = Topic
        fields = ["name", "slug", "description", "phrases", "arxiv_hints", "parent", "position", "is_active"]
        help_texts = {"is_active": _("Off: nobody can choose it and no paper gets it; what readers wished is kept.")}


@admin.register(Topic)
class TopicAdmin(AsSeenAdmin):
    empty_words = _("Without topics readers follow words and authors only. manage.py load_topics brings a set.")
    form = TopicForm
    list_display = ["name", "slug", "position", "is_active", "paper_count"]
    list_editable = ["position", "is_active"]
    search_fields = ["name", "slug", "description"]
    autocomplete_fields = ["parent"]
    prepopulated_fields = {"slug": ["name"]}
    actions = ["find_topics_again"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Topic]:
        return super().get_queryset(request).annotate(papers_on_it=Count("paper_topics"))

    def has_delete_permission(self, request: HttpRequest, obj: Topic | None = None) -> bool:
        """Only what nobody uses: with a topic its readers' wishes would go for good. One in use is switched off."""
        return not (obj and _is_named(obj)) and super().has_delete_permission(request, obj)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {name: act for name, act in super().get_actions(request).items() if name != "delete_selected"}

    @admin.display(description=_("papers"), ordering="papers_on_it")
    def paper_count(self, topic: Any) -> int:
        return topic.papers_on_it

    @admin.action(description=_("See what would move if topics were found again"), permissions=["change"])
    def find_topics_again(self, request: HttpRequest, topics: QuerySet[Topic]) -> HttpResponse | None:
        """Show what would move among recent papers; move it when the editor has said yes."""
        is_confirmed = "confirmed" in request.POST
        moves = reclassify(_recent_papers(), dry_run=not is_confirmed)
        if not is_confirmed:
            context = {**self.admin_site.each_context(request), "title": _("Find topics again"), "moves": moves}
            rows = [(slug, moves.won[slug], moves.lost[slug]) for slug in sorted({*moves.won, *moves.lost})]
            examples = sorted(moves.examples.items())
            selected = request.POST.getlist("_selected_action")
            context |= {"rows": rows, "examples": examples, "selected": selected, "opts": self.model._meta}
            return render(request, "admin/papers/reclassify.html", context)
        for topic in topics:
            self.log_change(request, topic, f"topics found again: {moves.moved} of {moves.seen} papers moved")
        text = _("%(moved)s of %(seen)s recent papers moved.") % {"moved": moves.moved, "seen": moves.seen}
        messages.success(request, text)
        return None


def _is_named(topic: Topic) -> bool:
    """Whether a paper, a reader or another topic names it, whoever knows us."""
    links = Topic._meta.related_objects
    return any(link.related_model._base_manager.filter(**{link.field.name: topic.pk}).exists() for link in links)


def _recent_papers() -> PaperQuerySet:
    since = timezone.localdate() - RECENT
    recent = Paper.objects.filter(featured_on__gte=since).order_by("-featured_on").values("pk")[:MOST_AT_ONCE]
    return Paper.objects.filter(pk__in=list(recent.values_list("pk", flat=True)))
