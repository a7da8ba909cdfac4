"""The editor's colleagues in admin: users, roles and failed sign-ins, dressed like every other page there."""

from axes.admin import AccessAttemptAdmin, AccessFailureLogAdmin, AccessLogAdmin
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, Permission, User
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

# Here and not at the start of every process: a worker needs neither these pages nor what their forms bring along.
admin.autodiscover()
admin.site.unregister([User, Group, AccessAttempt, AccessFailureLog, AccessLog])


@admin.register(Permission)
class Permissions(ModelAdmin):
    """What may be allowed: found by typing in the pages of users and roles, and changed by nobody."""

    search_fields = ["name", "content_type__model"]
    list_select_related = ["content_type"]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Permission | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Permission | None = None) -> bool:
        return False


@admin.register(User)
class Users(UserAdmin, ModelAdmin):
    # Fields that are typed into; Django's two lists side by side are wider than the page.
    filter_horizontal = ()
    autocomplete_fields = ("groups", "user_permissions")
    form, add_form, change_password_form = UserChangeForm, UserCreationForm, AdminPasswordChangeForm


@admin.register(Group)
class Roles(GroupAdmin, ModelAdmin):
    filter_horizontal = ()
    autocomplete_fields = ("permissions",)


@admin.register(AccessAttempt)
class FailedSignIns(AccessAttemptAdmin, ModelAdmin):
    pass


@admin.register(AccessFailureLog)
class SignInFailures(AccessFailureLogAdmin, ModelAdmin):
    pass


@admin.register(AccessLog)
class SignIns(AccessLogAdmin, ModelAdmin):
    pass
