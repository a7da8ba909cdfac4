"""What is written down by the product alone."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.views import ChangeList


class _FoundRows(ChangeList):
    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        if not (self.result_count and (self.query or self.has_active_filters)):
            self.full_result_count = self.result_count  # equal to what is here, it goes without saying


class ManyRowsAdmin(ModelAdmin):
    """A desk whose rows are counted once: counting a million more for a line of text costs more than the page.

    Above the list stands how many were found, where something was looked for.
    """

    show_full_result_count = False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return _FoundRows


class RecordAdmin(ManyRowsAdmin):
    """A record of what happened: nobody adds to it here, changes it or deletes from it."""

    list_per_page = 50

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
