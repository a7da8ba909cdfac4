"""Two people at one page: whoever saves second is told of the first before anything of theirs is lost."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.utils.formats import localize
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from papers.admin.record import DeskAdmin

_FIELD = "as_seen"


class AsSeenAdmin(DeskAdmin):
    """A page that knows up to which entry of the history it was read.

    A save over a newer entry is refused once, and names it; the page that then comes has been told, so the next press
    saves.
    """

    change_form_before_template = "admin/as_seen.html"

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)

        class AsSeen(form):
            def clean(self) -> Any:
                data, newest = super().clean(), _newest(obj)
                if newest and request.POST.get(_FIELD, str(newest.pk)) != str(newest.pk):
                    raise ValidationError(_was_overtaken_by(newest))
                return data

        return AsSeen

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        newest = _newest(kwargs.get("obj"))
        return super().render_change_form(request, context | {_FIELD: newest.pk if newest else 0}, **kwargs)


def _newest(row: Model | None) -> LogEntry | None:
    if row is None:
        return None
    about = {"content_type": ContentType.objects.get_for_model(row), "object_id": str(row.pk)}
    return LogEntry.objects.filter(**about).select_related("user").order_by("-pk").first()


def _was_overtaken_by(entry: LogEntry) -> str:
    said = _(
        "%(who)s saved this on %(at)s, after you had opened it (%(what)s). What you wrote stands below: press Save "
        "once more to put it in the place of theirs, or load the page anew to see theirs."
    )
    at = localize(localtime(entry.action_time))
    return said % {"who": entry.user.get_username(), "at": at, "what": entry.get_change_message()}
