"""The editor's own letters: written, looked at, tried on oneself, released by typing how many readers they go to."""

from __future__ import annotations

from typing import Any, cast

from csp.decorators import csp_replace
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.clickjacking import xframe_options_sameorigin
from unfold.dataclasses import UnfoldAction
from unfold.decorators import action

from mail.letter import Letter
from newsletter.models import Announcement
from newsletter.previewing import LETTER_POLICY, circular, themed, try_out
from newsletter.stats import funnel
from newsletter.steering import release
from papers.admin.as_seen import AsSeenAdmin
from papers.clock import database_now
from subscribers.models import Subscriber

_TEXT = gettext_lazy(
    "An empty line begins a paragraph; addresses of pages and mailboxes become links. Letters that have left keep "
    "their text; those that wait, and the page behind “Read on the web”, take a change."
)


@admin.register(Announcement)
class AnnouncementAdmin(AsSeenAdmin):
    empty_words = gettext_lazy("Write to the readers who asked for it: an event, a call for papers, news of yours.")
    list_display = ["subject", "released_at", "letters"]
    readonly_fields = ["released_at", "letters"]
    actions_detail = ["look"]

    def get_fields(self, request: HttpRequest, obj: Announcement | None = None) -> list[str]:
        return ["subject", "text"] if obj is None or obj.is_draft else ["subject", "text", *self.readonly_fields]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change=change, **kwargs, help_texts={"text": _TEXT})

    def has_delete_permission(self, request: HttpRequest, obj: Announcement | None = None) -> bool:
        """What was sent is a record."""
        return (obj is None or obj.is_draft) and super().has_delete_permission(request, obj)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """One by one only: among many, some were sent."""
        return {}

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[UnfoldAction]:
        is_draft = self.row_or_404(request, object_id).is_draft
        return super().get_actions_detail(request, object_id) if is_draft else []

    def get_urls(self) -> list[Any]:
        letter = csp_replace(LETTER_POLICY)(xframe_options_sameorigin(self.admin_site.admin_view(self.letter)))
        name = "newsletter_announcement_letter"
        return [path("<int:pk>/letter/", letter, name=name), *super().get_urls()]

    def letter(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Return the letter's HTML alone, for the frame."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        announcement = self.row_or_404(request, pk)
        return HttpResponse(themed(_letter(announcement, request).html, request.GET.get("theme", "")))

    @action(description=gettext_lazy("Look at it and send it"), url_path="look", permissions=["change"])
    def look(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show the letter and how many it goes to; send it to whoever asks, or release it once the number is typed."""
        announcement = self.row_or_404(request, object_id)
        readers = Subscriber.objects.wanting_announcements().count()
        if "to_me" in request.POST:
            self._send_to(request, announcement)
        elif "release" in request.POST:
            if request.POST.get("readers", "").strip().replace(" ", "").replace(",", "") == str(readers):
                return self._release(request, announcement)
            messages.error(request, _("It was not released. Type the number of readers that stands here now."))
        context = {
            **self.admin_site.each_context(request),
            "title": announcement.subject,
            "announcement": announcement,
            "readers": readers,
            "languages": settings.LANGUAGES,
            "opts": self.model._meta,
        }
        return TemplateResponse(request, "admin/newsletter/announcement/look.html", context)

    def _send_to(self, request: HttpRequest, announcement: Announcement) -> None:
        address = getattr(request.user, "email", "")
        has_left, said = try_out(lambda to: _letter(announcement, request, to=to), address=address)
        messages.add_message(request, messages.SUCCESS if has_left else messages.ERROR, said)

    def _release(self, request: HttpRequest, announcement: Announcement) -> HttpResponse:
        if release(announcement, user=cast(AbstractBaseUser, request.user), now=database_now()):
            messages.success(request, _("Released: %s. Its letters leave now.") % announcement)
        else:
            messages.warning(request, _("It was released before; nothing was changed."))
        return redirect("admin:newsletter_announcement_change", announcement.pk)

    @admin.display(description=gettext_lazy("letters"))
    def letters(self, announcement: Announcement) -> str:
        """Return what became of its letters, and where they are paused, resumed or ended."""
        if announcement.is_draft:
            return str(_("a draft"))
        edition = announcement.edition
        told = format_html_join(" · ", "{} {}", ((step.figure, step.name) for step in funnel(edition)))
        address = reverse("admin:newsletter_edition_change", args=[edition.pk])
        state = edition.paused_reason if edition.is_paused else edition.get_state_display()
        return format_html('<a class="underline" href="{}">{}</a> · {}', address, state, told)


def _letter(announcement: Announcement, request: HttpRequest, *, to: str = "reader@example.org") -> Letter:
    languages = dict(settings.LANGUAGES)
    asked = (request.POST or request.GET).get("language", "")
    language = asked if asked in languages else settings.LANGUAGE_CODE
    return circular(announcement, to=to, language=language, now=database_now())
