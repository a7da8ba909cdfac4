"""What every desk is: its rows counted as far as anybody leafs, and records that the product alone writes."""

from __future__ import annotations

from typing import Any, cast

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.utils.functional import cached_property
from unfold.admin import ModelAdmin
from unfold.views import ChangeList

MOST_LISTED = 10_000


class _FoundRows(ChangeList):
    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        # A chosen day or a link from another desk narrows the list as a filter does.
        self.has_active_filters = bool(self.get_filters_params())
        if not (self.result_count and (self.query or self.has_active_filters)):
            self.full_result_count = self.result_count  # equal to what is here, it goes without saying


class DeskAdmin(ModelAdmin):
    """A desk whose rows are counted once: what stands in a second count may have come since the first.

    Above the list stands how many were found, where something was looked for and found.
    """

    show_full_result_count = False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return _FoundRows

    def row_or_404(self, request: HttpRequest, object_id: object) -> Any:
        """Return the row that an address names; raise Http404, also for what is no number."""
        row = self.get_object(request, str(object_id))
        if row is None:
            raise Http404
        return row


class _SomeRows(Paginator):
    """Counts no further than anybody leafs: a hundred million rows are counted for half a minute."""

    template_name = "admin/papers/some_rows.html"

    @cached_property
    def count(self) -> int:
        return cast(QuerySet, self.object_list).order_by()[:MOST_LISTED].count()

    def is_cut(self) -> bool:
        return self.count == MOST_LISTED


class ManyRowsAdmin(DeskAdmin):
    """A desk of so many rows that counting them costs more than the page."""

    paginator = _SomeRows


class RecordAdmin(ManyRowsAdmin):
    """A record of what happened: nobody adds to it here, changes it or deletes from it."""

    list_per_page = 50

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
