"""Search, and the papers of one author."""

from __future__ import annotations

from collections import Counter
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from papers import forms
from papers.public import public_page
from papers.search import PAGE, Found, Wish, by_author, search


@public_page
def search_page(request: HttpRequest) -> HttpResponse:
    """Show what was found; nonsense in a filter is said beside it."""
    form = forms.SearchQuery(request.GET)
    found, number = Found(), 1
    if form.is_valid():
        number = form.cleaned_data["page"] or 1
        found = search(wish_of(form), page=number)
    context = {
        "section": "search",
        "form": form,
        "found": found,
        "number": number,
        "last": -(-found.count // PAGE),
        "query": query_of(request),
    }
    return render(request, "papers/search.html", context, status=200 if form.is_valid() else 400)


def wish_of(form: forms.SearchQuery) -> Wish:
    """Return what a valid form asks for."""
    asked = form.cleaned_data
    is_newest = asked["sort"] == form.Sort.NEWEST
    return Wish(asked["q"], asked["topic"], asked["since"], asked["until"], newest=is_newest)


def query_of(request: HttpRequest) -> str:
    """Return the part of the address that says what is searched for, nothing else."""
    asked = ("q", "topic", "since", "until", "sort")
    return urlencode({name: request.GET[name] for name in asked if request.GET.get(name)})


@public_page
def author(request: HttpRequest, name: str) -> HttpResponse:
    """Show the newest papers of everybody who signs with this name."""
    papers = by_author(name)
    if not papers:
        raise Http404("Nobody of this name is among the authors here.")
    topics = Counter(mark.topic for paper in papers for mark in paper.paper_topics.all())
    return render(request, "papers/author.html", {"name": name, "papers": papers, "topics": topics.most_common(8)})
