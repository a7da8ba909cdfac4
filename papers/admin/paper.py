"""Papers: an editor hides, lifts and corrects them, and sets their topics."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from papers.admin.bringing import BringingAdmin
from papers.admin.day import Day
from papers.admin.file import FileAdmin
from papers.admin.lines import Lines
from papers.forms import ARXIV_ID
from papers.ingestion import identify, join, keeper
from papers.models import Paper, PaperTopic

# More rows than this were ticked by mistake.
MOST_JOINED = 6
STRONGEST_PUSH = 10  # above all that a reader's wishes can say together


class PushForm(forms.ModelForm):
    """The editor's push, in the list and on the paper's page."""

    def clean_boost(self) -> float:
        boost: float = self.cleaned_data["boost"]
        if abs(boost) > STRONGEST_PUSH:
            raise forms.ValidationError(
                _("From -%(most)s to %(most)s: 1 is about one followed topic."), params={"most": STRONGEST_PUSH}
            )
        return boost


class PaperForm(PushForm):
    """A paper by hand: lists one item a line, an id in any usual spelling, and no paper twice."""

    arxiv_id = forms.CharField(
        label=_("arXiv id"),
        required=False,
        max_length=80,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("Or its address."),
    )
    authors = Lines(required=False, help_text=_("One a line."))
    categories = Lines(required=False, help_text=_("arXiv categories, one a line."))
    keywords = Lines(required=False, help_text=_("One a line."))

    class Meta:
        widgets = {"title": UnfoldAdminTextareaWidget(attrs={"rows": 2})}

    def clean_arxiv_id(self) -> str | None:
        written = (self.cleaned_data["arxiv_id"] or "").strip()
        found = ARXIV_ID.match(written)
        if written and not found:
            raise forms.ValidationError(
                _("That is no arXiv id that we can read. It looks like 2507.19849 or cs/0112017.")
            )
        return found["id"].lower() if found else None

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if self.instance.pk or not data.get("title"):
            return data
        draft = Paper(title=data["title"], arxiv_id=data.get("arxiv_id"), doi=data.get("doi"))
        identify(draft)
        if there := Paper.objects.filter(identity=draft.identity).first():
            text = _("This paper is here already: “%(title)s”, of %(day)s.")
            raise forms.ValidationError(text, params={"title": there.title[:80], "day": there.featured_on})
        return data


class PaperTopicInline(TabularInline):
    model = PaperTopic
    extra = 0
    fields = ["topic", "confidence", "set_by"]
    readonly_fields = ["set_by"]
    autocomplete_fields = ["topic"]


@admin.register(Paper)
class PaperAdmin(BringingAdmin, FileAdmin):
    form = PaperForm
    empty_words = _("Papers come with the first answer of a source.")
    list_display = ["title", "featured_on", "votes", "topic_names", "boost", "is_hidden"]
    list_editable = ["boost", "is_hidden"]
    list_filter = ["is_hidden", "is_sample", "featured_on", "topics"]
    search_fields = ["title", "arxiv_id", "doi"]
    date_hierarchy = "featured_on"
    inlines = [PaperTopicInline]
    fieldsets = [
        (None, {"fields": ["title", "abstract", "authors", "organization", "featured_on", "is_hidden", "boost"]}),
        (_("Where it leads"), {"fields": ["url", "pdf_url", "code_url", "project_url"]}),
        (
            _("What is known of it"),
            {
                "fields": ["published_on", "categories", "keywords", "votes", "reader_votes", "comments", "stars"]
                + ["trend", "is_sample"]
            },
        ),
        (
            _("How it is told from others"),
            {
                "fields": ["arxiv_id", "arxiv_version", "doi", "identity", "title_key"]
                + ["text_from", "original_title", "original_abstract"]
            },
        ),
    ]
    # Who leaves the scheme out means https; Django 6 will think so too.
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}, models.DateField: {"form_class": Day}}
    readonly_fields = [
        "identity",
        "title_key",
        "original_title",
        "original_abstract",
        "text_from",
        "trend",
        "reader_votes",
    ]
    list_per_page = 50
    actions = ["join_them"]
    actions_list = ["bring_file", "bring_papers"]

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> type[forms.ModelForm]:
        return super().get_changelist_form(request, form=PushForm, **kwargs)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Paper]:
        return super().get_queryset(request).defer("vector").prefetch_related("topics")

    @admin.display(description=_("topics"))
    def topic_names(self, paper: Paper) -> str:
        return " · ".join(topic.name for topic in paper.topics.all())

    @admin.action(description=_("These are one paper: keep one, hide the others"), permissions=["change"])
    def join_them(self, request: HttpRequest, papers: QuerySet[Paper]) -> HttpResponse | None:
        """Show which one would stay; join them when the editor has said yes."""
        chosen = list(papers.order_by("pk")[: MOST_JOINED + 1])
        if not 2 <= len(chosen) <= MOST_JOINED:
            text = _("Choose the rows that are one and the same paper: two at least, %(most)s at most.")
            messages.warning(request, text % {"most": MOST_JOINED})
            return None
        kept = keeper(chosen)
        others = [paper for paper in chosen if paper != kept]
        if "confirmed" not in request.POST:
            context = {**self.admin_site.each_context(request), "title": _("One paper"), "kept": kept, "others": others}
            context |= {"selected": [paper.pk for paper in chosen], "opts": self.model._meta}
            return render(request, "admin/papers/join.html", context)
        join(chosen)
        for other in others:
            self.log_change(request, other, f"hidden: the same paper as {kept.identity}")
        self.log_change(request, kept, f"joined with {', '.join(other.identity for other in others)}")
        messages.success(request, _("They are one paper now."))
        return None

    def has_delete_permission(self, request: HttpRequest, obj: Paper | None = None) -> bool:
        """A paper is hidden: letters and statistics name it, and the next fetch would bring a deleted one as new."""
        return False

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
