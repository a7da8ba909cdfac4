"""Readers: who they are and what they wish. Every change of state goes through the verbs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.actions import delete_selected
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.admin import TabularInline
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from subscribers import cadence, leaving, preferences, transfer
from subscribers.admin.buttons import ReaderButtons
from subscribers.admin.ledger import may_take_addresses, write_down_taking
from subscribers.forms.fields import WEEKDAYS, TermsField
from subscribers.forms.preferences import SoundWishes
from subscribers.models import Subscriber, TopicPreference

_STATE_LOOKS = {
    "active": "success",
    "pending": "info",
    "paused": "warning",
    "unsubscribed": "",
    "unreachable": "danger",
    "complained": "danger",
}
# A mass action asks before it acts; more readers than this are more than one request has time for.
_MOST_AT_ONCE = 10_000
_MOST_DELETED = 1_000  # some four seconds
_LINES = UnfoldAdminTextareaWidget(attrs={"rows": 3})


def _number(least: int, most: int, help_text: Any) -> forms.IntegerField:
    widget = UnfoldAdminIntegerFieldWidget
    return forms.IntegerField(min_value=least, max_value=most, widget=widget, help_text=help_text)


class WishesForm(SoundWishes):
    """The lists of a reader as lines and boxes, not as JSON; numbers, languages and countries that there are."""

    keywords = TermsField(label=gettext_lazy("Words"), required=False, widget=_LINES)
    authors = TermsField(label=gettext_lazy("Authors"), required=False, widget=_LINES)
    days = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Days"), choices=WEEKDAYS, coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    hour = _number(0, 23, gettext_lazy("The local hour, 0 to 23."))
    size = _number(1, 50, gettext_lazy("Papers in a digest."))
    min_papers = _number(1, 50, gettext_lazy("With fewer good papers, no digest."))
    language = forms.ChoiceField(choices=settings.LANGUAGES, widget=UnfoldAdminSelectWidget)
    quiet_holidays = forms.ChoiceField(
        required=False,
        choices=[("", "—"), *cadence.countries().items()],
        widget=UnfoldAdminSelectWidget,
        help_text=gettext_lazy("The country on whose public holidays no digest comes."),
    )


class TopicPreferenceInline(TabularInline):
    model = TopicPreference
    extra = 0
    autocomplete_fields = ["topic"]


class LanguageFilter(admin.SimpleListFilter):
    """The languages that there are: to know which ones readers have, each of them would be read."""

    title = gettext_lazy("language")
    parameter_name = "language"

    def lookups(self, request: HttpRequest, desk: Any) -> list[tuple[str, str]]:
        return list(settings.LANGUAGES)

    def queryset(self, request: HttpRequest, readers: QuerySet[Subscriber]) -> QuerySet[Subscriber]:
        return readers.filter(language=self.value()) if self.value() else readers


@admin.register(Subscriber)
class SubscriberAdmin(ReaderButtons):
    empty_words = gettext_lazy("Readers come by the sign-up page, or from a file of people who agreed elsewhere.")
    list_display = ["email", "state_label", "rhythm", "timezone", "next_digest_at", "tracking", "created_at"]
    list_filter = ["state", "cadence", "tracking", LanguageFilter, "created_at"]
    search_fields = ["email_normalised"]
    search_help_text = gettext_lazy("An address, or a part of it.")
    list_per_page = 50
    form = WishesForm
    inlines = [TopicPreferenceInline]
    actions_list = ["bring_readers", "export_readers"]
    actions = ["pause_until_resumed", "resume", "stop_all_mail", "revoke_links", "delete_selected"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "email",
                    "state",
                    "history",
                    "left_reason",
                    "next_digest_at",
                    "next_digest_day",
                    "last_digest_day",
                ]
            },
        ),
        (
            gettext_lazy("What"),
            {
                "fields": [
                    "keywords",
                    "authors",
                    "size",
                    "min_papers",
                    "wants_quiet_letter",
                    "wants_updates",
                    "language",
                ]
            },
        ),
        (
            gettext_lazy("When"),
            {"fields": ["cadence", "days", "hour", "timezone", "quiet_holidays", "paused_until"]},
        ),
        (
            gettext_lazy("Account"),
            {"fields": ["tracking", "announcements_since", "created_at", "confirmed_at", "left_at"]},
        ),
    ]
    # The address and the consent belong to the reader; the state and the dates to the verbs.
    readonly_fields = [
        "email",
        "state",
        "history",
        "left_reason",
        "next_digest_at",
        "next_digest_day",
        "last_digest_day",
        "paused_until",
        "tracking",
        "announcements_since",
        "created_at",
        "confirmed_at",
        "left_at",
    ]

    @display(description=gettext_lazy("state"), ordering="state", label=_STATE_LOOKS)
    def state_label(self, reader: Subscriber) -> tuple[str, str]:
        return reader.state, reader.get_state_display()

    @display(description=gettext_lazy("digest"), ordering="hour")
    def rhythm(self, reader: Subscriber) -> str:
        return f"{reader.get_cadence_display()}, {reader.hour:02}:00"

    @display(description=gettext_lazy("history"))
    def history(self, reader: Subscriber) -> str:
        """Link what was sent, what came back and what was agreed; the first two are the newsletter's, found by name."""
        lists = {_("digests"): "newsletter_digest", _("what came back"): "newsletter_event"}
        lists |= {_("account letters"): "subscribers_notice", _("consents"): "subscribers_consentrecord"}
        links = ((reverse(f"admin:{name}_changelist"), reader.pk, text) for text, name in lists.items())
        return format_html_join(" · ", '<a class="underline" href="{}?subscriber__id__exact={}">{}</a>', links)

    def has_add_permission(self, request: HttpRequest) -> bool:
        # Nobody becomes a reader without having agreed: by the sign-up page, or by an import that says where they did.
        return False

    def save_model(self, request: HttpRequest, reader: Subscriber, form: Any, change: bool) -> None:
        # Only what was changed here: a reader who leaves in this very moment has left.
        reader.save(update_fields=form.changed_data)
        reader.reschedule(now=timezone.now())

    def delete_model(self, request: HttpRequest, reader: Subscriber) -> None:
        preferences.forget(reader, now=timezone.now())

    @admin.action(description=gettext_lazy("Delete with all their data"), permissions=["delete"])
    def delete_selected(self, request: HttpRequest, readers: QuerySet[Subscriber]) -> HttpResponse | None:
        """Ask as Django does, but never for more than one request has time for."""
        if readers.count() > _MOST_DELETED:
            text = _("Delete %(most)s at once at most: each one's data goes by itself.") % {
                "most": f"{_MOST_DELETED:,}"
            }
            messages.warning(request, text)
            return None
        return delete_selected(self, request, readers)

    def delete_queryset(self, request: HttpRequest, readers: QuerySet[Subscriber]) -> None:
        for reader in readers:
            preferences.forget(reader, now=timezone.now())

    @action(description=gettext_lazy("Bring readers from a file"), url_path="bring", permissions=["transfer"])
    def bring_readers(self, request: HttpRequest) -> HttpResponse:
        return redirect("admin:subscribers_importrun_add")

    @action(description=gettext_lazy("Readers as a table"), url_path="export", permissions=["transfer"])
    def export_readers(self, request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
        """Show how many there are of each state; POST hands them out and writes down that it did."""
        if request.method == "POST":
            chosen = Subscriber.objects.filter(state__in=request.POST.getlist("state"))
            write_down_taking(request, Subscriber, f"{chosen.count()} readers")
            table = StreamingHttpResponse(transfer.export(chosen), content_type="text/csv; charset=utf-8")
            table["Content-Disposition"] = f'attachment; filename="readers-{timezone.now():%Y-%m-%d}.csv"'
            return table
        counts = dict(Subscriber.objects.order_by().values_list("state").annotate(Count("pk")))
        states = [(value, name, counts.get(value, 0)) for value, name in Subscriber.State.choices]
        context = {"title": _("Readers as a table"), "opts": self.opts, "states": states}
        return render(request, "admin/subscribers/export.html", {**self.admin_site.each_context(request), **context})

    def has_transfer_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return may_take_addresses(request)

    @admin.action(description=gettext_lazy("Pause, until resumed"), permissions=["change"])
    def pause_until_resumed(self, request: HttpRequest, readers: QuerySet[Subscriber]) -> HttpResponse | None:
        return self._after_asking(
            request, readers, _("Pause"), lambda reader: reader.pause(until=None, now=timezone.now())
        )

    @admin.action(description=gettext_lazy("End the pause"), permissions=["change"])
    def resume(self, request: HttpRequest, readers: QuerySet[Subscriber]) -> HttpResponse | None:
        return self._after_asking(
            request, readers, _("End the pause"), lambda reader: reader.resume(now=timezone.now())
        )

    @admin.action(description=gettext_lazy("Stop all mail"), permissions=["change"])
    def stop_all_mail(self, request: HttpRequest, readers: QuerySet[Subscriber]) -> HttpResponse | None:
        return self._after_asking(
            request,
            readers,
            _("Stop all mail"),
            lambda reader: leaving.leave(reader, by="editor", reason="the editor", now=timezone.now()),
        )

    @admin.action(description=gettext_lazy("Make all links sent so far useless"), permissions=["change"])
    def revoke_links(self, request: HttpRequest, readers: QuerySet[Subscriber]) -> HttpResponse | None:
        def revoke(reader: Subscriber) -> bool:
            reader.revoke_links()
            return True

        return self._after_asking(request, readers, _("Make all links sent so far useless"), revoke)

    def _after_asking(
        self, request: HttpRequest, readers: QuerySet[Subscriber], title: str, act: Callable[[Subscriber], bool]
    ) -> HttpResponse | None:
        """Show whom it would touch; act when the editor has said yes, and write it into each one's history."""
        if (count := readers.count()) > _MOST_AT_ONCE:
            text = _(
                "These are %(count)s readers; choose %(most)s at once at most, for example one state or one month."
            )
            messages.warning(request, text % {"count": f"{count:,}", "most": f"{_MOST_AT_ONCE:,}"})
            return None
        if "confirmed" not in request.POST:
            asked = {"action": request.POST["action"], "selected": request.POST.getlist("_selected_action")}
            return self.question(request, readers, title, **asked, select_across=request.POST.get("select_across", "0"))
        touched = 0
        for reader in readers:
            if act(reader):
                touched += 1
                self.log_change(request, reader, title)
        text = ngettext("%(count)d reader: %(title)s.", "%(count)d readers: %(title)s.", touched)
        messages.success(request, text % {"count": touched, "title": title})
        return None
