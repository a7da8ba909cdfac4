"""The comparison of two sets of weights: turned by name, started and stopped by the editor."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, fields
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.formats import localize
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from newsletter.experimenting import Report, report_of
from newsletter.models import Experiment, Recipe
from papers.admin.record import DeskAdmin
from papers.clock import database_now
from papers.ranking import Weights
from papers.ranking.drafting import CHALLENGER, CONTROL
from subscribers.models import Subscriber

STEPS = {
    "start": (_("Start"), _("From the next digests on, these readers get papers that both sets of weights chose.")),
    "stop": (_("Stop"), _("The next digests are chosen by your weights alone. What was counted stays.")),
}


WEIGHTS = [weight.name for weight in fields(Weights)]
_YES_OR_NO = (("True", _("yes")), ("False", _("no")))


class ExperimentForm(forms.ModelForm):
    """An experiment with a field for each weight; what is empty is no change."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._weights = [name for name in WEIGHTS if name in self.fields]  # none after the start
        self.initial = {**self.instance.changes, **self.initial}
        for name, value in asdict(Recipe.in_force()).items():
            if name in self._weights:
                _name_what_holds(self.fields[name], name, value)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if self._weights:
            given = {name: data.get(name) for name in self._weights}
            self.instance.changes = {name: value for name, value in given.items() if value is not None}
        return data

    def clean_ends_at(self) -> dt.datetime | None:
        ends_at: dt.datetime | None = self.cleaned_data["ends_at"]
        if ends_at and "ends_at" in self.changed_data and ends_at <= database_now():
            raise forms.ValidationError(_("This moment is over; to end it now, use the action “Stop” on the list."))
        return ends_at


def _field_of(weight: Any) -> forms.Field:
    if isinstance(weight.default, bool):
        choice = {"coerce": "True".__eq__, "empty_value": None, "widget": UnfoldAdminSelectWidget()}
        return forms.TypedChoiceField(choices=[("", ""), *_YES_OR_NO], required=False, **choice)
    return forms.FloatField(required=False, widget=UnfoldAdminTextInputWidget({"inputmode": "decimal"}))


# Declared: admin lets no other field of a form stand among its own.
ExperimentForm.declared_fields.update({weight.name: _field_of(weight) for weight in fields(Weights)})


def _name_what_holds(field: forms.Field, name: str, value: float | bool) -> None:
    """Say what the weight means, and what it is where the editor writes nothing."""
    column: Any = Recipe._meta.get_field(name)
    field.label, field.help_text = capfirst(column.verbose_name), column.help_text
    held = _("as in yours: %s") % _said(value)
    if isinstance(field, forms.ChoiceField):
        field.choices = [("", held), *_YES_OR_NO]
    else:
        field.widget.attrs["placeholder"] = held


def _said(value: float | bool) -> str:
    return str(dict(_YES_OR_NO)[str(value)]) if isinstance(value, bool) else localize(value)


@admin.register(Experiment)
class ExperimentAdmin(DeskAdmin):
    """Two sets of weights on the same readers, and what came of it."""

    form = ExperimentForm
    empty_words = _(
        "Let other weights choose some papers of real digests, and see which of the two readers like better."
    )
    list_display = ["name", "different", "state", "share", "started_at", "stopped_at", "outcome"]
    actions = ["start", "stop"]
    _draft = (
        (None, {"fields": ["name", "share", "ends_at"]}),
        (_("What the challenger weighs otherwise"), {"fields": WEIGHTS}),
    )
    _record = [
        "name",
        "different",
        "share",
        "ends_at",
        "state",
        "started_at",
        "stopped_at",
        "stopped_because",
        "account",
    ]

    def get_fieldsets(self, request: HttpRequest, obj: Experiment | None = None) -> Any:
        may_write = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        return self._draft if may_write and _is_draft(obj) else ((None, {"fields": self._record}),)

    def get_readonly_fields(self, request: HttpRequest, obj: Experiment | None = None) -> list[str]:
        """What was compared cannot be changed after the start; the end can."""
        return [] if _is_draft(obj) else [*WEIGHTS, *(each for each in self._record if each not in ("name", "ends_at"))]

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

    @admin.display(description=_("what is different"))
    def different(self, experiment: Experiment) -> str:
        return ", ".join(f"{name} {_said(value)}" for name, value in experiment.changes.items())

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


def _is_draft(experiment: Experiment | None) -> bool:
    return experiment is None or experiment.state == Experiment.State.DRAFT
