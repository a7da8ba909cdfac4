"""The editor's colleagues in admin: users, roles and failed sign-ins, dressed like every other page there."""

from collections.abc import Mapping
from typing import Any, cast

from axes.admin import AccessAttemptAdmin, AccessLogAdmin
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, Permission, User
from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from config.labels import label
from papers.admin.record import DeskAdmin, RecordAdmin

# Here and not at the start of every process: a worker needs neither these pages nor what their forms bring along.
admin.autodiscover()
label()
_LONGEST_NAME = User._meta.get_field("username").max_length
# Nothing is written into the AccessFailureLog: its page stays away.
admin.site.unregister([User, Group, AccessAttempt, AccessFailureLog, AccessLog])


@admin.register(Permission)
class Permissions(RecordAdmin):
    """What may be allowed: found by typing in the pages of users and roles."""

    search_fields = ["name", "content_type__model"]
    list_select_related = ["content_type"]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False


@admin.register(LogEntry)
class Records(RecordAdmin):
    """Who did what: also what has no page of its own any more, such as a deleted reader or a table that was taken."""

    list_display = ["action_time", "user", "content_type", "object_repr", "what"]
    list_filter = ["action_flag", "content_type", "user"]
    list_select_related = ["user", "content_type"]
    search_fields = ["object_repr", "change_message"]
    date_hierarchy = "action_time"
    list_per_page = 50

    @admin.display(description=_("what"))
    def what(self, entry: LogEntry) -> str:
        return entry.get_change_message() or entry.get_action_flag_display()


def name_tried(request: HttpRequest, credentials: Mapping[str, Any] | None) -> str:
    """Return the name of a sign-in as a failed one keeps it: no name is longer, but what is typed may have 10 MB."""
    return str((credentials or request.POST).get("username", ""))[:_LONGEST_NAME]


def _is_above(other: User, request: HttpRequest) -> bool:
    """Say whether `other` may do what whoever asks may not; also while inactive, which a tick ends."""
    user = cast(User, request.user)
    if user.is_superuser or other.is_superuser:
        return not user.is_superuser
    own, theirs = (Permission.objects.filter(Q(user=one) | Q(group__user=one)) for one in (user, other))
    return theirs.exclude(pk__in=own.values("pk")).exists()


@admin.register(User)
class Users(UserAdmin, DeskAdmin):
    # Fields that are typed into; Django's two lists side by side are wider than the page.
    filter_horizontal = ()
    autocomplete_fields = ("groups", "user_permissions")
    form, add_form, change_password_form = UserChangeForm, UserCreationForm, AdminPasswordChangeForm
    actions = None

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        """Only who may do everything gives rights: others could give themselves any."""
        own = list(super().get_readonly_fields(request, obj))
        return own if request.user.is_superuser else [*own, "is_superuser", "groups", "user_permissions"]

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Nor may others set the password of somebody who may do more, and sign in as them."""
        is_above = obj is not None and _is_above(obj, request)
        return not is_above and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """With a colleague all records of what they did would go: who has done something is made inactive instead."""
        if obj is not None and _is_above(obj, request):
            return False
        has_history = obj is not None and (obj == request.user or LogEntry.objects.filter(user=obj).exists())
        return not has_history and super().has_delete_permission(request, obj)


@admin.register(Group)
class Roles(GroupAdmin, DeskAdmin):
    """Written by who may do everything: whoever could add a permission to a role of their own would have them all."""

    filter_horizontal = ()
    autocomplete_fields = ("permissions",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return bool(request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return bool(request.user.is_superuser)


@admin.register(AccessAttempt)
class FailedSignIns(AccessAttemptAdmin, DeskAdmin):
    """Deleting one lets that person try again at once; the old ones go by themselves."""

    actions = None


@admin.register(AccessLog)
class SignIns(RecordAdmin, AccessLogAdmin):
    pass
