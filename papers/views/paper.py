"""One paper."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from papers.models import Paper
from papers.public import public_page
from papers.similar import similar


@public_page
def paper(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a paper with its abstract, its links and the papers like it."""
    paper = get_object_or_404(Paper.objects.listed(), pk=pk)
    return render(request, "papers/paper.html", {"paper": paper, "similar": similar(paper)})
