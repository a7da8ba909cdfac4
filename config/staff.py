"""The editor's colleagues in admin: users, roles and failed sign-ins, dressed like every other page there."""

from axes.admin import AccessAttemptAdmin, AccessFailureLogAdmin, AccessLogAdmin
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.db import models
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminSelect2MultipleWidget

admin.site.unregister([User, Group, AccessAttempt, AccessFailureLog, AccessLog])
# One field that is typed into; Django's two lists side by side are wider than the page.
_CHOSEN_BY_TYPING: dict[type[models.Field], dict[str, object]] = {
    models.ManyToManyField: {"widget": UnfoldAdminSelect2MultipleWidget}
}


@admin.register(User)
class Users(UserAdmin, ModelAdmin):
    filter_horizontal = ()
    formfield_overrides = _CHOSEN_BY_TYPING
    form, add_form, change_password_form = UserChangeForm, UserCreationForm, AdminPasswordChangeForm


@admin.register(Group)
class Roles(GroupAdmin, ModelAdmin):
    filter_horizontal = ()
    formfield_overrides = _CHOSEN_BY_TYPING


@admin.register(AccessAttempt)
class FailedSignIns(AccessAttemptAdmin, ModelAdmin):
    pass


@admin.register(AccessFailureLog)
class SignInFailures(AccessFailureLogAdmin, ModelAdmin):
    pass


@admin.register(AccessLog)
class SignIns(AccessLogAdmin, ModelAdmin):
    pass
