"""What every action on ticked rows asks first: these rows, this consequence, this button."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.admin import ModelAdmin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

_SHOWN = 20


def is_answered(request: HttpRequest) -> bool:
    """Say whether the editor has pressed the button of the question."""
    return "confirmed" in request.POST


def question(
    desk: ModelAdmin[Any], request: HttpRequest, rows: QuerySet[Any], *, title: StrOrPromise, consequence: StrOrPromise
) -> HttpResponse:
    """Show what the action would do to which rows, and change nothing."""
    context = {
        **desk.admin_site.each_context(request),
        "title": title,
        "consequence": consequence,
        "opts": desk.opts,
        "rows": rows[:_SHOWN],
        "count": rows.count(),
        "action": request.POST["action"],
        "selected": request.POST.getlist("_selected_action"),
        "select_across": request.POST.get("select_across", "0"),
    }
    return render(request, "admin/papers/question.html", context)
