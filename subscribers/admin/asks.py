"""What visitors asked for, and whether the shield is up."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy

from papers.admin.record import RecordAdmin
from subscribers import throttle
from subscribers.models import Ask


@admin.register(Ask)
class AskAdmin(RecordAdmin):
    empty_words = gettext_lazy("Every sign-up and every wish for a link stands here for two weeks.")
    list_display = ["created_at", "kind", "email", "outcome", "form", "settled_at", "confirmed_at"]
    list_filter = ["kind", "outcome", "form", "created_at"]
    search_fields = ["email"]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Say first how the confirmations fare, and what that means for readers."""
        weather = throttle.weather(now=timezone.now())
        facts = {"confirmed": weather.confirmed, "letters": weather.letters}
        if weather.is_attack:
            messages.warning(
                request,
                gettext(
                    "The shield is up: only %(confirmed)d of %(letters)d letters of the last six hours were confirmed, "
                    "so somebody signs up addresses of others. Each network and all together may ask for a quarter of "
                    "the usual, and the captcha is asked where one is set. Readers notice nothing. It ends by itself."
                )
                % facts,
            )
        elif weather.letters:
            messages.info(
                request,
                gettext("All is quiet: %(confirmed)d of %(letters)d letters of the last six hours were confirmed.")
                % facts,
            )
        return super().changelist_view(request, extra_context)
