"""The editor's colleagues in admin: users, roles and failed sign-ins, dressed like every other page there."""

from axes.admin import AccessAttemptAdmin, AccessFailureLogAdmin, AccessLogAdmin
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

admin.site.unregister([User, Group, AccessAttempt, AccessFailureLog, AccessLog])


@admin.register(User)
class Users(UserAdmin, ModelAdmin):
    form, add_form, change_password_form = UserChangeForm, UserCreationForm, AdminPasswordChangeForm


@admin.register(Group)
class Roles(GroupAdmin, ModelAdmin):
    pass


@admin.register(AccessAttempt)
class FailedSignIns(AccessAttemptAdmin, ModelAdmin):
    pass


@admin.register(AccessFailureLog)
class SignInFailures(AccessFailureLogAdmin, ModelAdmin):
    pass


@admin.register(AccessLog)
class SignIns(AccessLogAdmin, ModelAdmin):
    pass
