"""Papers out of a file that an editor has: looked at first, brought when the editor says so, and written down."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from papers.admin.day import Day
from papers.admin.record import ManyRowsAdmin
from papers.admin.waiting import Waiting
from papers.importing import day_of_page, import_papers, unpacked
from papers.models import SourceRun
from papers.sources import READERS, SourceError
from papers.sources.base import line
from papers.sources.recognising import recognise
from papers.text import clean

# A saved page with all its pictures in one file, and as many papers as one request has time for (some five seconds).
# What is larger is an archive: the command reads it with two processes.
LARGEST_FILE, MOST_PAPERS = 16 * 1024 * 1024, 20_000
FORMS = {
    "saved-page": gettext_lazy("a saved page of Daily Papers (text, HTML or one file)"),
    "huggingface-page": gettext_lazy("a page of Hugging Face (HTML)"),
    "huggingface": gettext_lazy("an answer or an archive of Hugging Face (JSON)"),
    "arxiv-api": gettext_lazy("an answer of arXiv's API"),
    "arxiv-feed": gettext_lazy("a feed of arXiv"),
    "arxiv-oai": gettext_lazy("a harvest of arXiv (OAI-PMH)"),
    "feed": gettext_lazy("a feed (RSS or Atom)"),
    "bibtex": gettext_lazy("a list in BibTeX"),
    "csv": gettext_lazy("a list with columns (CSV or TSV)"),
    "paper": gettext_lazy("one paper (its page or its citation)"),
}
_TITLES, _REJECTIONS = 10, 20


class FileForm(forms.Form):
    """The file, what it is, and the day of the newsletter that its papers come with."""

    upload = forms.FileField(
        label=gettext_lazy("File"),
        widget=UnfoldAdminFileFieldWidget,
        help_text=gettext_lazy("A saved page, an answer of an API, a feed, BibTeX or a list. 16 MB at most."),
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("What it is"),
        required=False,
        choices=[("", gettext_lazy("Found out from the file")), *FORMS.items()],
        widget=UnfoldAdminSelectWidget,
    )
    day = Day(
        label=gettext_lazy("Day of the newsletter"),
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}),
        help_text=gettext_lazy("For papers that name none. Empty: the day that the file names, else today."),
    )

    def clean_upload(self) -> UploadedFile:
        """Refuse by its size what need not be read for that."""
        upload: UploadedFile = self.cleaned_data["upload"]
        if (upload.size or 0) > LARGEST_FILE:
            raise forms.ValidationError(_too_large())
        return upload

    def clean(self) -> dict[str, Any]:
        """Read the file, so that what is none is refused here; return its name, kind, day and body."""
        data = super().clean() or self.cleaned_data
        if self.errors:
            return data
        try:
            body = unpacked(data["upload"].read())
            if len(body) > LARGEST_FILE:
                raise SourceError(_too_large())
            kind = data["kind"] or recognise(body)
            parsed = READERS[kind].parse(body)
            if len(parsed.records) > MOST_PAPERS:
                raise SourceError(_too_large())
            day = data["day"] or day_of_page(parsed, timezone.localdate())
        except SourceError as error:
            raise forms.ValidationError({"upload": str(error)}) from error
        return {"name": line(data["upload"].name)[:80], "kind": kind, "day": day, "body": body}


def _too_large() -> str:
    return _("This is more than 16 MB or 20,000 papers. manage.py import_papers on the command line reads it.")


class FileAdmin(ManyRowsAdmin):
    """The button above the list of papers, the page of the file, and that of what comes of it."""

    @action(description=gettext_lazy("Bring papers from a file"), url_path="file", permissions=["add"])
    def bring_file(self, request: HttpRequest) -> HttpResponse:
        """Show the form; POST reads the file, writes no paper and leads to what would come of it."""
        form = FileForm(request.POST or None, request.FILES or None)
        if form.is_valid():
            data = form.cleaned_data
            day, file = data["day"].isoformat(), data["body"].decode("latin-1")
            kept = Waiting(request.user.pk or 0, data["name"], data["kind"], day, file)
            return redirect("admin:papers_paper_file", key=kept.put(now=timezone.now()))
        context = {"title": _("Bring papers from a file"), "button": _("Look at the file"), "form": form}
        return self._page(request, "bring", context)

    def get_urls(self) -> list[Any]:
        page = self.admin_site.admin_view(self.file_view)
        return [path("file/<slug:key>/", page, name="papers_paper_file"), *super().get_urls()]

    def file_view(self, request: HttpRequest, key: str) -> HttpResponse:
        """Show what would come of the file, or what came of it; POST brings it, once."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        now = timezone.now()
        kept = Waiting.find(key, by=request.user.pk, now=now)
        if kept is None:
            return self._page(request, "file", {"title": _("This file is no longer here")})
        if request.method == "POST":
            if not kept.brought_at and kept.take(key, now=now):
                self._bring_file(request, kept, now)
            return redirect("admin:papers_paper_file", key=key)
        context = _result_of(kept) if kept.brought_at else _outlook(kept, now)
        return self._page(request, "file", {"title": kept.name, "form": FORMS[kept.kind], **context})

    def _bring_file(self, request: HttpRequest, kept: Waiting, now: dt.datetime) -> None:
        """Bring what the file holds; the run of the import says what came of it, also when that is an error."""
        try:
            tally = import_papers(_body(kept), kind=kept.kind, day=dt.date.fromisoformat(kept.day), now=now)
        except SourceError:
            return
        said = f"brought from {kept.name}: {tally.new} new, {tally.changed} changed, {tally.same} the same, "
        run = SourceRun.objects.get(kind=kept.kind, started_at=now)
        self.log_addition(request, run, f"{said}{tally.rejected} rejected")

    def _page(self, request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
        shown = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        return render(request, f"admin/papers/{name}.html", shown)


def _outlook(kept: Waiting, now: dt.datetime) -> dict[str, Any]:
    body, day = _body(kept), dt.date.fromisoformat(kept.day)
    records = READERS[kept.kind].parse(body).records
    tally = import_papers(body, kind=kept.kind, day=day, now=now, dry_run=True)
    rejections = [f"{each.entry}: {each.why}" for each in tally.rejections[:_REJECTIONS]]
    titles = [clean(record.title) for record in records[:_TITLES]]
    return {"counts": tally, "day": day, "papers": len(records), "titles": titles, "rejections": rejections}


def _result_of(kept: Waiting) -> dict[str, Any]:
    run = SourceRun.objects.filter(kind=kept.kind, started_at=dt.datetime.fromisoformat(kept.brought_at)).first()
    if run is None or run.finished_at is None:
        return {"run": True}
    return {"run": run, "counts": run, "rejections": run.rejections[:_REJECTIONS]}


def _body(kept: Waiting) -> bytes:
    return kept.file.encode("latin-1")
