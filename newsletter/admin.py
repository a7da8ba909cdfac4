"""The editor's desk for editions and digests. Digests and events are records: they are read, never edited."""

from __future__ import annotations

import datetime as dt
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action

from newsletter.clock import database_now
from newsletter.models import Digest, Edition, Event, Placement, Recipe
from newsletter.simulating import papers_of, readers_of
from newsletter.steering import ORDERS, Order, carry_out
from newsletter.taste import tastes_of
from papers.models import Paper
from papers.ranking import Taste
from papers.ranking.explaining import Verdict
from subscribers.models import Subscriber


class RecordAdmin(ModelAdmin):
    """A table that only the product writes."""

    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class PlacementInline(TabularInline):
    model = Placement
    extra = 0
    fields = ["kind", "paper", "position"]
    autocomplete_fields = ["paper"]


def _order_action(order: Order) -> Any:
    def act(desk: EditionAdmin, request: HttpRequest, editions: QuerySet[Edition]) -> HttpResponse | None:
        return desk.order(order, request, editions)

    act.__name__ = order.name.replace("-", "_")
    return admin.action(description=order.label, permissions=["change"])(act)


@admin.register(Edition)
class EditionAdmin(ModelAdmin):
    list_display = ["day", "state", "stopped", "candidate_count", "accounts"]
    list_filter = ["state", "is_paused"]
    date_hierarchy = "day"
    inlines = [PlacementInline]
    fields = ["day", "note", "state", "is_paused", "paused_reason", "looked_at", "found"]
    fields += ["candidate_count", "excluded_count", "expires_at"]
    actions = [_order_action(order) for order in ORDERS.values()]

    def get_readonly_fields(self, request: HttpRequest, obj: Edition | None = None) -> list[str]:
        """Only the day of a new edition and the note are written by hand; the rest moves by orders."""
        fixed = [name for name in self.fields if name not in ("day", "note")]
        return [*fixed, "day"] if obj else fixed

    def has_delete_permission(self, request: HttpRequest, obj: Edition | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Edition, form: Any, change: bool) -> None:
        if not change:
            obj.expires_at = Edition.closing_time(obj.day)
        super().save_model(request, obj, form, change)

    def order(self, order: Order, request: HttpRequest, editions: QuerySet[Edition]) -> HttpResponse | None:
        """Show what the order would do; do it when the editor has said yes."""
        now = database_now()
        if "confirmed" not in request.POST:
            return self._preview(order, request, editions)
        for edition in editions:
            if carry_out(order, edition, user=cast(AbstractBaseUser, request.user), now=now):
                self.message_user(request, f"{order.label}: {edition}.", messages.SUCCESS)
            else:
                self.message_user(
                    request, _("%s allows no such step; nothing was changed.") % edition, messages.WARNING
                )
        return None

    def _preview(self, order: Order, request: HttpRequest, editions: QuerySet[Edition]) -> HttpResponse:
        now = database_now()
        context = {
            **self.admin_site.each_context(request),
            "title": order.label,
            "order": order,
            "action": order.name.replace("-", "_"),
            "rows": [(edition, order.affected(edition, now)) for edition in editions],
            "opts": self.model._meta,
        }
        return TemplateResponse(request, "admin/newsletter/edition/order.html", context)

    @admin.display(description=_("stopped"))
    def stopped(self, edition: Edition) -> str:
        return edition.paused_reason if edition.is_paused else ""

    @admin.display(description=_("look before sending"))
    def looked_at(self, edition: Edition) -> dt.datetime | str:
        return edition.checked_at or str(_("not yet; it comes before the first letter leaves"))

    @admin.display(description=_("what the look found"))
    def found(self, edition: Edition) -> str:
        if not edition.checked_at:
            return "—"
        lines = format_html_join(SafeString("<br>"), "{}", ((what,) for what in edition.findings))
        return lines or str(_("nothing to mend"))

    @admin.display(description=_("digests"))
    def accounts(self, edition: Edition) -> str:
        return " · ".join(f"{count} {Digest.State(state).label}" for state, count in edition.accounts().items())


@admin.register(Digest)
class DigestAdmin(RecordAdmin):
    list_display = ["id", "edition", "reader", "state", "reason", "attempts", "due_at", "sent_at", "last_code"]
    list_filter = ["state", "resends", "edition"]
    list_select_related = ["edition", "subscriber"]
    search_fields = ["=id", "=subscriber__email_normalised"]
    search_help_text = _("A digest's number or a reader's whole address")

    @admin.display(description=_("reader"))
    def reader(self, digest: Digest) -> str:
        return digest.subscriber.email if digest.subscriber else "—"


@admin.register(Event)
class EventAdmin(RecordAdmin):
    list_display = ["at", "kind", "digest", "paper", "is_machine", "detail"]
    list_filter = ["kind", "is_machine"]
    list_select_related = ["digest", "paper"]
    date_hierarchy = "at"


class SimulationForm(forms.Form):
    """Whom to rank for, and which day; a reader is named by number or address, or described by keywords."""

    day = forms.DateField(label=_("Day"))
    reader = forms.CharField(label=_("Reader (number or address)"), required=False)
    keywords = forms.CharField(label=_("or keywords, with commas"), required=False)
    paper = forms.ModelChoiceField(Paper.objects.all(), required=False, widget=forms.HiddenInput)

    def clean_reader(self) -> Subscriber | None:
        named = self.cleaned_data["reader"].strip()
        key = {"pk": named} if named.isdigit() else {"email_normalised": named}
        found = Subscriber.objects.filter(**key).first() if named else None
        if named and found is None:
            raise forms.ValidationError(_("No reader has this number or address."))
        return found


FATES = {
    "muted": _("fell out: a muted topic"),
    "seen": _("fell out: already sent"),
    "below": _("fell out: below the floor"),
    "beaten": _("others were better"),
}


@admin.register(Recipe)
class RecipeAdmin(ModelAdmin):
    """The weights, and what they would do."""

    list_display = ["__str__", "topic", "keyword", "likeness", "author", "opened", "votes", "explore"]
    actions_list = ["simulate"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not Recipe.objects.exists()

    def get_urls(self) -> list[Any]:
        return [
            path("simulate/", self.admin_site.admin_view(self.simulation), name="simulate_ranking"),
            *super().get_urls(),
        ]

    @action(description=_("Simulate a reader"), url_path="simulate-reader")
    def simulate(self, request: HttpRequest) -> HttpResponse:
        return redirect(reverse("admin:simulate_ranking"))

    def simulation(self, request: HttpRequest) -> HttpResponse:
        """Show why each paper would come, which fell out and why, and who would get one of them."""
        now = database_now()
        query = request.GET if "day" in request.GET else QueryDict(f"day={now.date()}")
        form = SimulationForm(query)
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
