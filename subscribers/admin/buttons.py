"""What an editor does for one reader who is on the phone: asked on the reader's own page, done as on the list."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.dataclasses import UnfoldAction
from unfold.decorators import action

from papers.admin.record import ManyRowsAdmin
from subscribers.models import Subscriber

_State = Subscriber.State
# Of which readers each button changes anything.
_USEFUL = {
    "ask_pause_until_resumed": {_State.ACTIVE},
    "ask_resume": {_State.PAUSED},
    "ask_stop_all_mail": {_State.ACTIVE, _State.PAUSED},
}


class ReaderButtons(ManyRowsAdmin):
    """The buttons on the page of one reader; each asks about the list's action of the same name."""

    actions_detail = list(_USEFUL)

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[UnfoldAction]:
        state = self.row_or_404(request, object_id).state
        return [each for each in super().get_actions_detail(request, object_id) if state in _USEFUL[each.path]]

    @action(description=_("Pause"), url_path="ask_pause_until_resumed", permissions=["change"])
    def ask_pause_until_resumed(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._ask(request, object_id, _("Pause"), "pause_until_resumed")

    @action(description=_("End the pause"), url_path="ask_resume", permissions=["change"])
    def ask_resume(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._ask(request, object_id, _("End the pause"), "resume")

    @action(description=_("Stop all mail"), url_path="ask_stop_all_mail", permissions=["change"])
    def ask_stop_all_mail(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._ask(request, object_id, _("Stop all mail"), "stop_all_mail")

    def _ask(self, request: HttpRequest, object_id: str, title: Any, name: str) -> HttpResponse:
        reader = self.row_or_404(request, object_id)
        pages = {
            "target": reverse("admin:subscribers_subscriber_changelist"),
            "back": reverse("admin:subscribers_subscriber_change", args=[reader.pk]),
        }
        just = Subscriber.objects.filter(pk=reader.pk)
        return self.question(request, just, title, action=name, selected=[reader.pk], **pages)

    def question(self, request: HttpRequest, readers: QuerySet[Subscriber], title: Any, **more: Any) -> HttpResponse:
        """Show whom an action of the list would touch; its button leads to the list, which acts."""
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.model._meta,
            "readers": readers[:20],
            "count": readers.count(),
            **more,
        }
        return render(request, "admin/subscribers/confirm.html", context)
