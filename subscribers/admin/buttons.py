"""What an editor does for one reader who is on the phone: asked on the reader's own page, done as on the list."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.dataclasses import UnfoldAction
from unfold.decorators import action

from papers.admin.record import ManyRowsAdmin
from subscribers.models import Subscriber

_State = Subscriber.State
# The list's action behind each button, its words, and of which readers it changes anything.
_BUTTONS = {
    "pause_until_resumed": (_("Pause"), {_State.ACTIVE}),
    "resume": (_("End the pause"), {_State.PAUSED}),
    "stop_all_mail": (_("Stop all mail"), {_State.ACTIVE, _State.PAUSED}),
}


class ReaderButtons(ManyRowsAdmin):
    """The buttons on the page of one reader."""

    actions_detail = [f"ask_{name}" for name in _BUTTONS]

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[UnfoldAction]:
        state = get_object_or_404(Subscriber, pk=object_id).state
        useful = {f"ask_{name}" for name, (_label, states) in _BUTTONS.items() if state in states}
        return [each for each in super().get_actions_detail(request, object_id) if each.path in useful]

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


def _button(name: str) -> Any:
    def ask(desk: ReaderButtons, request: HttpRequest, object_id: str) -> HttpResponse:
        reader = get_object_or_404(Subscriber, pk=object_id)
        pages = {
            "target": reverse("admin:subscribers_subscriber_changelist"),
            "back": reverse("admin:subscribers_subscriber_change", args=[reader.pk]),
        }
        just = Subscriber.objects.filter(pk=reader.pk)
        return desk.question(request, just, _BUTTONS[name][0], action=name, selected=[reader.pk], **pages)

    ask.__name__ = f"ask_{name}"
    return action(description=_BUTTONS[name][0], url_path=f"ask_{name}", permissions=["change"])(ask)


for _name in _BUTTONS:
    setattr(ReaderButtons, f"ask_{_name}", _button(_name))
