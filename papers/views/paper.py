"""One paper, and the file for whoever cites it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from papers import citing
from papers.models import Paper
from papers.public import public_page
from papers.similar import similar


@public_page
def paper(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a paper with its abstract, its links and the papers like it."""
    paper = get_object_or_404(Paper.objects.listed(), pk=pk)
    return render(request, "papers/paper.html", {"paper": paper, "similar": similar(paper)})


@public_page
def citation(request: HttpRequest, pk: int, form: str) -> HttpResponse:
    """Hand out a paper as an entry for a program that keeps references."""
    paper = get_object_or_404(Paper.objects.listed(), pk=pk)
    return citing.file_of([paper], form=form, name=f"paper-{pk}")
