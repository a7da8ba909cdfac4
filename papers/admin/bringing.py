"""Papers that an editor names by their arXiv ids: a list from a reading group, a mail, somebody's notes."""

from __future__ import annotations

from contextlib import closing

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import localize
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from papers.admin.day import Day
from papers.admin.lines import Lines
from papers.admin.record import ManyRowsAdmin
from papers.fetching import open_web
from papers.importing import import_by_id
from papers.models import Paper
from papers.sources import SourceError, arxiv_api
from papers.sources.base import arxiv_id_in


class BringForm(forms.Form):
    """The papers, and the day of the newsletter that they come with."""

    ids = Lines(
        label=gettext_lazy("arXiv ids or links"),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 8, "spellcheck": "false"}),
        help_text=gettext_lazy("One a line; what else stands on a line is passed over. A hundred at once at most."),
    )
    day = Day(
        label=gettext_lazy("Day of the newsletter"),
        widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}),
        help_text=gettext_lazy("Papers that are here already keep theirs."),
    )

    def clean_ids(self) -> list[str]:
        """Return the ids, each once."""
        lines = self.cleaned_data["ids"]
        found = {line: arxiv_id_in(line)[0] for line in lines}
        if strange := next((line for line in lines if not found[line]), ""):
            raise forms.ValidationError(_("There is no arXiv id in “%(line)s”."), params={"line": strange[:80]})
        ids = list(dict.fromkeys(found.values()))
        if len(ids) > arxiv_api.IDS:
            raise forms.ValidationError(_("A hundred papers at once at most: arXiv wants pauses."))
        return ids


class BringingAdmin(ManyRowsAdmin):
    """The button above the list of papers, and its page."""

    @action(description=gettext_lazy("Bring papers by arXiv id"), url_path="bring", permissions=["add"])
    def bring_papers(self, request: HttpRequest) -> HttpResponse:
        """Show the form; POST asks arXiv, and the page waits some seconds for the answer."""
        form = BringForm(request.POST or None, initial={"day": timezone.localdate()})
        if form.is_valid() and self._bring(request, form):
            return redirect("admin:papers_paper_changelist")
        context = {"title": _("Bring papers by arXiv id"), "button": _("Bring them"), "opts": self.opts, "form": form}
        return render(request, "admin/papers/bring.html", {**self.admin_site.each_context(request), **context})

    def _bring(self, request: HttpRequest, form: BringForm) -> bool:
        ids, day = form.cleaned_data["ids"], form.cleaned_data["day"]
        try:
            with closing(open_web()) as web:
                tally = import_by_id(ids, web=web, day=day, now=timezone.now())
        except SourceError as error:
            form.add_error(None, str(error))
            return False
        for paper in Paper.objects.filter(arxiv_id__in=ids):
            self.log_change(request, paper, "brought by its arXiv id")
        text = _("%(new)d new on %(day)s, %(known)d were here already.")
        known = tally.changed + tally.same
        messages.success(request, text % {"new": tally.new, "day": localize(day), "known": known})
        for rejection in tally.rejections:
            messages.warning(request, f"{rejection.entry} {rejection.why}.")
        return True
