"""Readers in and out, for the editor: a file is looked at first, brought when the editor says so, and written down."""

from __future__ import annotations

import time
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from papers.admin.record import DeskAdmin
from papers.models import Topic
from subscribers import transfer
from subscribers.models import ImportRun, validate_timezone

# How long one request may work before it shows how far it is.
_SECONDS_A_STEP = 3.0
_LARGEST_FILE = 100_000_000  # bytes, unpacked too; beyond it the command line is the better place
_ROWS_TRIED = 20_000


class UploadForm(forms.ModelForm):
    """The file, where its people agreed, and what they get when the file does not say."""

    upload = forms.FileField(
        label=gettext_lazy("File"),
        widget=UnfoldAdminFileFieldWidget,
        help_text=gettext_lazy("CSV, or an export of listmonk, Mailchimp, Buttondown, Substack or Ghost (zip too)."),
    )
    consent = forms.CharField(
        label=gettext_lazy("Where and how these people agreed"),
        min_length=10,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text=gettext_lazy("Kept with each of them. For example: signed up on paper at the open day 2026."),
    )
    topics = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Topics for all of them"),
        queryset=Topic.objects.filter(is_active=True),
        required=False,
        widget=UnfoldAdminSelectMultipleWidget,
    )
    timezone = forms.CharField(
        label=gettext_lazy("Time zone, unless the file says"),
        initial="UTC",
        validators=[validate_timezone],
        widget=UnfoldAdminTextInputWidget,
    )
    hour = forms.IntegerField(
        label=gettext_lazy("Local hour, unless the file says"),
        min_value=0,
        max_value=23,
        initial=7,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    encoding = forms.CharField(
        label=gettext_lazy("Encoding"),
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text=gettext_lazy("Empty: found out. Usual ones are utf-8, utf-16 and cp1252."),
    )

    class Meta:
        model = ImportRun
        fields = ["upload", "consent", "topics", "timezone", "hour", "encoding"]

    def clean(self) -> dict[str, Any]:
        """Read the file as a table, so that what is none is refused here."""
        data = super().clean() or self.cleaned_data
        upload = data.get("upload")
        if upload is None:
            return data
        if upload.size > _LARGEST_FILE:
            raise forms.ValidationError(_("The file is very large; import_subscribers on the command line takes it."))
        self.content = upload.read()
        self.options = {
            "encoding": data.get("encoding", ""),
            "topics": [topic.slug for topic in data.get("topics", [])],
            "defaults": {"timezone": data.get("timezone", "UTC"), "hour": data.get("hour", 7), "language": "en"},
        }
        try:
            encoding = self.options["encoding"]
            transfer.Table.all_of(self.content, name=upload.name, encoding=encoding, largest=_LARGEST_FILE)
        except transfer.BadTable as error:
            raise forms.ValidationError(str(error)) from error
        return data


class ColumnsForm(forms.Form):
    """Which column is what; one that is left out is not kept."""

    prefix = "column"  # a form with a field called "attributes" hides its own attributes from scripts

    def __init__(self, *args: Any, columns: tuple[str, ...], layout: transfer.Layout | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", _("— left out —")), *((column, column) for column in columns)]
        for field in transfer.FIELDS:
            self.fields[field] = forms.ChoiceField(
                label=field.replace("_", " "),
                choices=choices,
                required=False,
                initial=layout.fields.get(field, "") if layout else "",
                widget=UnfoldAdminSelectWidget,
            )


@admin.register(ImportRun)
class ImportRunAdmin(DeskAdmin):
    empty_words = gettext_lazy("Bring readers from a file: you see what would happen before anything does.")
    list_display = ["started_at", "file_name", "progress", "new", "same", "left", "remembered", "rejected", "by"]
    list_select_related = ["by"]
    form = UploadForm
    actions = None  # a record stays; what was never brought is deleted one by one
    add_fieldsets = [(None, {"fields": UploadForm.Meta.fields})]

    @display(description=gettext_lazy("progress"))
    def progress(self, run: ImportRun) -> str:
        if run.finished_at:
            return _("done")
        return _("%(done)s of %(all)s rows") % {"done": run.rows_done, "all": run.rows} if run.rows else _("looked at")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("content")

    def get_fieldsets(self, request: HttpRequest, obj: ImportRun | None = None) -> Any:
        return self.add_fieldsets

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("subscribers.add_subscriber")

    def has_change_permission(self, request: HttpRequest, obj: ImportRun | None = None) -> bool:
        return self.has_add_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: ImportRun | None = None) -> bool:
        """A file that brought nobody may go, with the addresses in it; what did bring somebody is a record."""
        is_record = obj is not None and obj.rows_done > 0
        return not is_record and super().has_delete_permission(request, obj)

    def get_urls(self) -> list[Any]:
        page = self.admin_site.admin_view(self.run_view)
        return [path("<int:pk>/run/", page, name="subscribers_importrun_run"), *super().get_urls()]

    def save_model(self, request: HttpRequest, run: ImportRun, form: Any, change: bool) -> None:
        run.file_name, run.fingerprint = form.cleaned_data["upload"].name[-200:], transfer.fingerprint(form.content)
        run.options, run.started_at, run.by_id = form.options, timezone.now(), request.user.pk
        run.file = form.content
        run.save()

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        context["title"] = _("Bring readers")
        return super().render_change_form(request, context, **kwargs)

    def response_add(self, request: HttpRequest, run: ImportRun, post_url_continue: str | None = None) -> HttpResponse:
        return HttpResponseRedirect(_page_of(run))

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect("admin:subscribers_importrun_run", pk=self.row_or_404(request, object_id).pk)

    def run_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show what would come of the file; POST names the columns, or brings the readers, some seconds at a time."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        run = get_object_or_404(ImportRun, pk=pk)
        if run.finished_at:
            return self._show(request, run)
        if "go" in request.POST:
            return self._go_on(request, run)
        if request.method == "POST" and not run.rows_done:
            run.options["mapping"] = {
                field: request.POST.get(f"{ColumnsForm.prefix}-{field}", "") for field in transfer.FIELDS
            }
            run.save(update_fields=["options"])
            return redirect(_page_of(run))
        return self._show(request, run)

    def _go_on(self, request: HttpRequest, run: ImportRun) -> HttpResponse:
        begun = time.monotonic()
        try:
            for _step in transfer.Import(run, run.file).steps(now=timezone.now()):
                if time.monotonic() - begun > _SECONDS_A_STEP:
                    break
        except transfer.BadTable as error:
            messages.error(request, str(error))
        except transfer.Overtaken as error:  # a second press on the button
            messages.info(request, str(error))
            return redirect(_page_of(run))
        if run.finished_at:
            self.log_change(request, run, f"{run.new} new, {run.same} same, {run.left} left alone")
        return redirect(_page_of(run))

    def _show(self, request: HttpRequest, run: ImportRun) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts, "title": run.file_name, "run": run}
        if not run.finished_at and not run.rows_done:
            context |= _outlook(run)
        return render(request, "admin/subscribers/import_run.html", context)


def _page_of(run: ImportRun) -> str:
    return reverse("admin:subscribers_importrun_run", args=[run.pk])


def _outlook(run: ImportRun) -> dict[str, Any]:
    """Return what would come of the file, and how its columns are read."""
    table = transfer.Table.all_of(run.file, name=run.file_name, encoding=run.options.get("encoding", ""))[0]
    try:
        work = transfer.Import(run, run.file)
    except transfer.BadTable as error:
        return {"error": str(error), "columns": ColumnsForm(columns=table.columns, layout=None)}
    batch = work.preview(most=_ROWS_TRIED)
    return {
        "columns": ColumnsForm(columns=table.columns, layout=work.layouts[0]) if len(work.tables) == 1 else None,
        "systems": [(each.name, layout.system) for each, layout in zip(work.tables, work.layouts, strict=True)],
        "batch": batch,
        "rows": work.count_rows(),
        "tried": _ROWS_TRIED,
        "unknown_topics": work.unknown_topics.most_common(10),
    }
