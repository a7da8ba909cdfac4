"""The editor's desk for editions."""

from __future__ import annotations

import datetime as dt
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import AbstractBaseUser
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.formats import localize
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.dataclasses import UnfoldAction
from unfold.decorators import action

from newsletter.models import Digest, Edition, Event, Placement
from newsletter.steering import ORDERS, Order, carry_out
from papers.admin.as_seen import AsSeenAdmin
from papers.admin.day import Day
from papers.admin.record import DeskAdmin
from papers.clock import database_now

NOTE = _(
    "A word at the head of every digest. Letters that have left keep theirs; those that wait, and the page behind "
    "“Read on the web”, take a change."
)


class NewEditionForm(forms.ModelForm):
    """One edition a day."""

    def clean_day(self) -> dt.date:
        day: dt.date = self.cleaned_data["day"]
        if Edition.objects.days().filter(day=day).exists():
            raise forms.ValidationError(_("There is an edition of this day."))
        return day


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


def _order_button(order: Order) -> Any:
    def ask(desk: EditionAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
        return desk.preview(order, request, Edition.objects.filter(pk=desk.row_or_404(request, object_id).pk))

    ask.__name__ = _button(order)
    return action(description=order.label, url_path=order.name, permissions=["change"])(ask)


def _button(order: Order) -> str:
    return f"ask_{order.name.replace('-', '_')}"


class OrderButtons(DeskAdmin):
    """The orders on the page of one edition: those that would change something now."""

    # What ends an edition is one step further away than what helps it; side by side they push the day off the page.
    actions_detail = [
        *(_button(ORDERS[name]) for name in ("pause", "resume", "retry-failed")),
        {"title": _("End it"), "items": [_button(ORDERS[name]) for name in ("cancel", "expire")]},
    ]

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[UnfoldAction]:
        edition, now = self.row_or_404(request, object_id), database_now()
        useless = {"pause" if edition.is_paused else "resume"}
        useless |= {name for name, order in ORDERS.items() if not order.affected(edition, now)}
        buttons = super().get_actions_detail(request, object_id)
        return [button for button in buttons if button.path not in useless]


for _order in ORDERS.values():
    setattr(OrderButtons, _button(_order), _order_button(_order))


@admin.register(Edition)
class EditionAdmin(AsSeenAdmin, OrderButtons):
    empty_words = _("The first edition comes with the first reader who is due.")
    list_display = ["day", "what", "state", "stopped", "candidate_count", "accounts"]
    list_select_related = ["announcement"]
    list_filter = ["state", "is_paused"]
    date_hierarchy = "day"
    inlines = [PlacementInline]
    fields = ["day", "note", "accounts", "state", "pause", "looked_at", "found"]
    fields += ["candidate_count", "excluded_count", "expires_at"]
    formfield_overrides = {models.DateField: {"form_class": Day}}
    actions = [_order_action(order) for order in ORDERS.values()]

    def get_fields(self, request: HttpRequest, obj: Edition | None = None) -> list[str]:
        """The words of an announcement stand on its own page."""
        return [name for name in self.fields if name != "note"] if _is_announcement(obj) else list(self.fields)

    def get_inlines(self, request: HttpRequest, obj: Edition | None) -> list[Any]:
        return [] if _is_announcement(obj) else list(self.inlines)

    def get_readonly_fields(self, request: HttpRequest, obj: Edition | None = None) -> list[str]:
        """Only the day of a new edition and the note are written by hand; the rest moves by orders."""
        fixed = [name for name in self.fields if name not in ("day", "note")]
        return [*fixed, "day"] if obj else fixed

    def has_delete_permission(self, request: HttpRequest, obj: Edition | None = None) -> bool:
        return False

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Say what a change of the note still reaches."""
        if obj is None:
            kwargs["form"] = NewEditionForm
        return super().get_form(request, obj, change=change, **kwargs, help_texts={"note": NOTE})

    def save_model(self, request: HttpRequest, obj: Edition, form: Any, change: bool) -> None:
        if change:
            # Only the note: a brake that stops the edition in this very moment has stopped it.
            obj.save(update_fields=form.changed_data)
            return
        obj.expires_at = Edition.closing_time(obj.day)
        super().save_model(request, obj, form, change)

    def order(self, order: Order, request: HttpRequest, editions: QuerySet[Edition]) -> HttpResponse | None:
        """Show what the order would do; do it when the editor has said yes."""
        now = database_now()
        if "confirmed" not in request.POST:
            return self.preview(order, request, editions)
        for edition in editions:
            if carry_out(order, edition, user=cast(AbstractBaseUser, request.user), now=now):
                self.message_user(request, f"{order.label}: {edition}.", messages.SUCCESS)
            else:
                self.message_user(
                    request, _("%s allows no such step; nothing was changed.") % edition, messages.WARNING
                )
        return None

    def preview(self, order: Order, request: HttpRequest, editions: QuerySet[Edition]) -> HttpResponse:
        """Show what the order would do; its button comes back to `order` by the list."""
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

    @admin.display(description=_("what"))
    def what(self, edition: Edition) -> str:
        return str(edition) if edition.announcement else str(_("digests"))

    @admin.display(description=_("stopped"))
    def stopped(self, edition: Edition) -> str:
        return edition.paused_reason if edition.is_paused else ""

    @admin.display(description=_("stopped"))
    def pause(self, edition: Edition) -> str:
        if not edition.is_paused:
            return str(_("no"))
        return str(_("yes: %s") % (edition.paused_reason or _("nobody wrote why")))

    @admin.display(description=_("look before sending"))
    def looked_at(self, edition: Edition) -> str:
        if not edition.checked_at:
            return str(_("not yet; it comes before the first letter leaves"))
        return localize(localtime(edition.checked_at))

    @admin.display(description=_("what the look found"))
    def found(self, edition: Edition) -> str:
        if not edition.checked_at:
            return "—"
        lines = format_html_join(SafeString("<br>"), "{}", ((what,) for what in edition.findings))
        return lines or str(_("nothing to mend"))

    @admin.display(description=_("digests"))
    def accounts(self, edition: Edition) -> str:
        figures = [f"{count} {Digest.State(state).label}" for state, count in edition.glance().items()]
        gone = edition.gone()
        if digests := gone.pop("digests", 0):
            figures.append(str(_("%d of them no longer kept one by one") % digests))
            figures += [f"{count} {Event.Kind(kind).label}" for kind, count in gone.items()]
        return " · ".join(figures)


def _is_announcement(edition: Edition | None) -> bool:
    return edition is not None and edition.announcement_id is not None
