"""Suggesting a paper."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from papers import forms
from papers.public import place_of
from papers.suggesting import Answer, TooMany, suggest


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def suggestion(request: HttpRequest) -> HttpResponse:
    """Take a suggestion, or show the form for one."""
    form = forms.SuggestionForm(request.POST or None)
    if not form.is_valid():
        return render(request, "papers/suggest.html", {"form": form}, status=400 if form.is_bound else 200)
    if not form.cleaned_data["website"]:
        try:
            answer, paper = suggest(form.cleaned_data["paper"], place=place_of(request), now=timezone.now())
        except TooMany:
            return render(request, "429.html", status=429)
        if answer is Answer.HERE and paper:
            return redirect(paper)
    messages.success(request, _("Thank you. An editor will look at it; if it fits, it appears with its day's papers."))
    return redirect("suggest")
