"""The editor's desk for the ranking: its weights, what they would do, and the comparison of two sets of them."""

from __future__ import annotations

import datetime as dt
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextInputWidget

from newsletter.clock import database_now
from newsletter.experimenting import Report, report_of
from newsletter.models import Experiment, Recipe
from newsletter.simulating import papers_of, readers_of
from newsletter.taste import tastes_of
from papers.models import Paper
from papers.ranking import Taste
from papers.ranking.drafting import CHALLENGER, CONTROL
from papers.ranking.explaining import Verdict
from subscribers.models import Subscriber


class SimulationForm(forms.Form):
    """Whom to rank for, and which day; a reader is named by number or address, or described by keywords."""

    day = forms.DateField(label=_("Day"), widget=UnfoldAdminTextInputWidget({"type": "date"}))
    reader = forms.CharField(label=_("Reader (number or address)"), required=False, widget=UnfoldAdminTextInputWidget)
    keywords = forms.CharField(label=_("or keywords, with commas"), required=False, widget=UnfoldAdminTextInputWidget)
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
    "below": _("fell out: nothing speaks for it"),
    "beaten": _("others were better"),
}


@admin.register(Recipe)
class RecipeAdmin(ModelAdmin):
    """The weights, and what they would do."""

    empty_words = _("The weights that came with the program choose the papers. Add your own to change them.")
    list_display = ["__str__", "topic", "keyword", "likeness", "author", "opened", "votes", "explore"]
    actions_list = ["simulate"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not Recipe.objects.exists()

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


STEPS = {
    "start": (_("Start"), _("From the next digests on, these readers get papers that both sets of weights chose.")),
    "stop": (_("Stop"), _("The next digests are chosen by your weights alone. What was counted stays.")),
}


class ExperimentForm(forms.ModelForm):
    def clean_ends_at(self) -> dt.datetime | None:
        ends_at: dt.datetime | None = self.cleaned_data["ends_at"]
        if ends_at and "ends_at" in self.changed_data and ends_at <= database_now():
            raise forms.ValidationError(_("This moment is over; to end it now, use the action “Stop” on the list."))
        return ends_at


@admin.register(Experiment)
class ExperimentAdmin(ModelAdmin):
    """Two sets of weights on the same readers, and what came of it."""

    form = ExperimentForm
    empty_words = _(
        "Let other weights choose some papers of real digests, and see which of the two readers like better."
    )
    list_display = ["name", "state", "share", "started_at", "stopped_at", "outcome"]
    actions = ["start", "stop"]
    fields = ["name", "changes", "share", "ends_at", "state", "started_at", "stopped_at", "stopped_because", "account"]

    def get_readonly_fields(self, request: HttpRequest, obj: Experiment | None = None) -> list[str]:
        """What was compared cannot be changed after the start; the end can."""
        is_draft = obj is None or obj.state == Experiment.State.DRAFT
        return self.fields[4:] if is_draft else [name for name in self.fields if name not in ("name", "ends_at")]

    def has_delete_permission(self, request: HttpRequest, obj: Experiment | None = None) -> bool:
        return (obj is None or obj.state != Experiment.State.RUNNING) and super().has_delete_permission(request, obj)

    @admin.action(description=STEPS["start"][0], permissions=["change"])
    def start(self, request: HttpRequest, experiments: QuerySet[Experiment]) -> HttpResponse | None:
        return self._step("start", request, experiments)

    @admin.action(description=STEPS["stop"][0], permissions=["change"])
    def stop(self, request: HttpRequest, experiments: QuerySet[Experiment]) -> HttpResponse | None:
        return self._step("stop", request, experiments)

    def _step(self, name: str, request: HttpRequest, experiments: QuerySet[Experiment]) -> HttpResponse | None:
        """Show what the step would do; take it when the editor has said yes, and write who did."""
        label, consequence = STEPS[name]
        if "confirmed" not in request.POST:
            readers = Subscriber.objects.active().count()
            context = {
                **self.admin_site.each_context(request),
                "title": label,
                "label": label,
                "consequence": consequence,
                "action": name,
                "rows": [(experiment, round(readers * experiment.share)) for experiment in experiments],
            }
            return TemplateResponse(request, "admin/newsletter/experiment/step.html", context)
        for experiment in experiments:
            self._take(name, request, experiment)
        return None

    def _take(self, name: str, request: HttpRequest, experiment: Experiment) -> None:
        now = database_now()
        if not (experiment.start(now=now) if name == "start" else experiment.stop("an editor stopped it", now=now)):
            self.message_user(request, _("%s allows no such step; nothing was changed.") % experiment, messages.WARNING)
            return
        LogEntry.objects.log_actions(
            user_id=cast(AbstractBaseUser, request.user).pk,
            queryset=Experiment.objects.filter(pk=experiment.pk),
            action_flag=CHANGE,
            change_message=name,
            single_object=True,
        )
        self.message_user(request, f"{STEPS[name][0]}: {experiment}.", messages.SUCCESS)

    @admin.display(description=_("outcome"))
    def outcome(self, experiment: Experiment) -> str:
        return str(_verdict(report_of(experiment)))

    @admin.display(description=_("account"))
    def account(self, experiment: Experiment) -> str:
        if not experiment.started_at:
            return str(_("It begins with the start."))
        lines = ((line,) for line in _lines(report_of(experiment)))
        return format_html_join(SafeString("<br>"), "{}", lines)


def _verdict(report: Report) -> Any:
    if report.winner == CHALLENGER:
        return _("The challenger is better.")
    return _("Your weights are better.") if report.winner else _("Nothing is decided yet.")


def _lines(report: Report) -> list[Any]:
    def both(counted: Any) -> dict[str, int]:
        return {"challenger": counted[CHALLENGER], "control": counted[CONTROL]}

    lines = [
        _verdict(report),
        _("Papers clicked or liked: %(challenger)d of the challenger, %(control)d of your weights.")
        % both(report.liked),
        _("Readers who preferred them: %(challenger)d the challenger, %(control)d your weights.")
        % both(report.preferring),
        _("So uneven a split would be chance in %(chance)s of cases (sign test over readers).")
        % {"chance": f"{report.chance:.1%}"},
        _("“Less like this”: %(challenger)d for the challenger's papers, %(control)d for yours.")
        % both(report.disliked),
        _("Readers who left since the start: %(left)d, of them %(inside)d who take part, at a share of %(share)s.")
        % {"left": report.leavers, "inside": report.leavers_inside, "share": f"{report.share:.0%}"},
    ]
    return [*lines, _("Harm: %s") % report.alarm] if report.alarm else lines
