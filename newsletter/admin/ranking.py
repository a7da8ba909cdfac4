"""The editor's desk for the ranking: its weights, and what they would do."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextInputWidget

from newsletter.models import Recipe
from newsletter.simulating import papers_of, readers_of
from newsletter.taste import tastes_of
from papers.admin.day import Day
from papers.admin.record import DeskAdmin
from papers.clock import database_now
from papers.models import Paper
from papers.ranking import Taste
from papers.ranking.explaining import Verdict
from subscribers.models import Subscriber


class SimulationForm(forms.Form):
    """Whom to rank for, and which day; a reader is named by number or address, or described by keywords."""

    day = Day(label=_("Day"), widget=UnfoldAdminTextInputWidget({"type": "date"}))
    reader = forms.CharField(label=_("Reader (number or address)"), required=False, widget=UnfoldAdminTextInputWidget)
    keywords = forms.CharField(label=_("or keywords, with commas"), required=False, widget=UnfoldAdminTextInputWidget)
    paper = forms.ModelChoiceField(Paper.objects.all(), required=False, widget=forms.HiddenInput)

    def clean_reader(self) -> Subscriber | None:
        named = self.cleaned_data["reader"].strip()
        key = {"pk": named} if named.isdecimal() and len(named) < 19 else {"email_normalised": named}
        found = Subscriber.objects.filter(**key).first() if named else None
        if named and found is None:
            raise forms.ValidationError(_("No reader has this number or address."))
        return found


FATES = {
    "muted": _("fell out: a muted topic"),
    "seen": _("fell out: already sent"),
    "below": _("fell out: nothing speaks for it"),
    "beaten": _("others were better"),
}


@admin.register(Recipe)
class RecipeAdmin(DeskAdmin):
    """The weights, and what they would do."""

    empty_words = _("The weights that came with the program choose the papers. Add your own to change them.")
    list_display = ["__str__", "topic", "keyword", "likeness", "author", "opened", "votes", "explore"]
    actions_list = ["simulate"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not Recipe.objects.exists()

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        return super().render_change_form(request, context | {"show_save_and_add_another": False}, **kwargs)

    def get_urls(self) -> list[Any]:
        return [
            path("simulate/", self.admin_site.admin_view(self.simulation), name="simulate_ranking"),
            *super().get_urls(),
        ]

    @action(description=_("Simulate a reader"), url_path="simulate-reader", permissions=["view"])
    def simulate(self, request: HttpRequest) -> HttpResponse:
        return redirect(reverse("admin:simulate_ranking"))

    def simulation(self, request: HttpRequest) -> HttpResponse:
        """Show why each paper would come, which fell out and why, and who would get one of them.

        Only who may see readers may name one: the wishes are told, and whether an address is here.
        """
        if not self.has_view_permission(request):
            raise PermissionDenied
        now = database_now()
        query = request.GET if "day" in request.GET else QueryDict(f"day={now.date()}")
        form = SimulationForm(query)
        if not request.user.has_perm("subscribers.view_subscriber"):
            form.fields["reader"].disabled = True
        context = {**self.admin_site.each_context(request), "title": _("Simulate a reader"), "form": form}
        if form.is_valid():
            wishes = form.cleaned_data
            taste, size = _simulated(wishes["reader"], wishes["keywords"], now=now)
            found = papers_of(taste, wishes["day"], limit=size, now=now)
            context["rows"] = [_row(paper, verdict, query) for paper, verdict in found]
            if wishes["paper"]:
                context |= {"paper": wishes["paper"], "audience": readers_of(wishes["paper"], wishes["day"], now=now)}
        return TemplateResponse(request, "admin/newsletter/recipe/simulate.html", context)


def _simulated(reader: Subscriber | None, keywords: str, *, now: dt.datetime) -> tuple[Taste, int]:
    if reader:
        return tastes_of([reader.pk], now=now)[reader.pk], reader.size
    return Taste(keywords=tuple(word.strip() for word in keywords.split(",") if word.strip())), 10


def _row(paper: Paper, verdict: Verdict, query: QueryDict) -> dict[str, Any]:
    link = query.copy()
    link["paper"] = str(paper.pk)
    causes = [f"{kind} {value:+.2f}" for kind, value in verdict.terms.items() if abs(value) >= 0.005]
    reason = f"{verdict.pick.reason.kind}: {verdict.pick.reason.value}" if verdict.pick else FATES[verdict.fate]
    why = " · ".join([str(reason), *causes])
    return {
        "paper": paper,
        "place": verdict.place or "",
        "score": f"{verdict.score:.2f}",
        "why": why,
        "link": link.urlencode(),
    }
