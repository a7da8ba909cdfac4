"""What was agreed, asked and written: to be read, not to be changed."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from papers.admin.record import ManyRowsAdmin, RecordAdmin
from subscribers import transfer
from subscribers.models import AddressChange, ConsentRecord, Notice, Suppression, hash_address


class FoundByAddress(ManyRowsAdmin):
    """Rows that hold the keyed hash of an address: typing the address finds them."""

    search_fields = ["address_hash"]
    search_help_text = _("A whole address.")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if "@" in search_term:
            return queryset.filter(address_hash=hash_address(search_term)), False
        return super().get_search_results(request, queryset, search_term)


def may_take_addresses(request: HttpRequest) -> bool:
    """Whoever only looks takes no addresses with them."""
    return bool(request.user.has_perm("subscribers.add_subscriber"))


def write_down_taking(request: HttpRequest, model: type[Model], what: str) -> None:
    """Keep who took a table of persons out of the house."""
    LogEntry.objects.create(
        user_id=request.user.pk or 0,
        content_type=ContentType.objects.get_for_model(model),
        object_repr=what,
        action_flag=CHANGE,
        change_message="taken as a table",
    )


@admin.register(ConsentRecord)
class ConsentRecordAdmin(FoundByAddress, RecordAdmin):
    empty_words = _("What readers agreed to stands here, word for word.")
    list_display = ["at", "purpose", "action", "form", "language", "reader"]
    list_filter = ["purpose", "action", "form", "at"]
    list_select_related = ["subscriber"]
    actions = ["download"]

    @admin.action(description=_("Download as CSV, with the wording"), permissions=["transfer"])
    def download(self, request: HttpRequest, records: QuerySet[ConsentRecord]) -> StreamingHttpResponse:
        """Give the proof out of the house: what was shown, asked and answered; write down who took it."""
        write_down_taking(request, ConsentRecord, f"{records.count()} consents")
        answer = StreamingHttpResponse(transfer.consents(records), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = 'attachment; filename="consents.csv"'
        return answer

    def has_transfer_permission(self, request: HttpRequest) -> bool:
        return may_take_addresses(request)

    @display(description=_("reader"))
    def reader(self, record: ConsentRecord) -> str:
        return record.subscriber.email if record.subscriber else str(_("deleted"))


@admin.register(Suppression)
class SuppressionAdmin(FoundByAddress):
    """Whom we leave alone. Taking an address off the list is the editor's decision, one at a time."""

    empty_words = _("No letter goes to an address that stands here, whoever signs it up or imports it.")
    list_display = ["address_hash", "reason", "at"]
    list_filter = ["reason", "at"]
    readonly_fields = ["address_hash", "reason", "at"]
    actions = None  # one at a time, each with Django's own question: no tick takes a hundred off

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


@admin.register(Notice)
class NoticeAdmin(RecordAdmin):
    empty_words = _("Confirmations, links and other letters about accounts stand here.")
    list_display = ["created_at", "kind", "state", "reader", "attempts", "sent_at", "reason"]
    list_filter = ["state", "kind", "created_at"]
    search_fields = ["subscriber__email_normalised"]
    list_select_related = ["subscriber"]

    @display(description=_("reader"))
    def reader(self, notice: Notice) -> str:
        return notice.subscriber.email


@admin.register(AddressChange)
class AddressChangeAdmin(RecordAdmin):
    list_display = ["asked_at", "email", "reader", "confirmed_at"]
    search_fields = ["email", "subscriber__email_normalised"]
    list_select_related = ["subscriber"]

    @display(description=_("now"))
    def reader(self, change: AddressChange) -> str:
        return change.subscriber.email
