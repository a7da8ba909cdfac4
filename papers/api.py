"""The read API: what the pages show, for machines. No key, no cookie, open to every origin."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext_noop as _
from ninja import Field, NinjaAPI, Query, Schema
from ninja.throttling import AnonRateThrottle

from papers import archive, days, search
from papers.models import Paper, PaperTopic, Topic
from papers.public import place_of, public_page

MOST = 100  # papers an answer
A_MINUTE = "120/m"  # requests from one address


class Pace(AnonRateThrottle):
    """Counts by the address that we can trust; a header that anybody can write is not looked at."""

    def get_ident(self, request: HttpRequest) -> str:
        return place_of(request)


class ReadAPI(NinjaAPI):
    """Nobody's own answers: any page may read them, and any cache keep them for a minute."""

    def create_response(self, request: HttpRequest, *arguments: Any, **options: Any) -> HttpResponse:
        response = super().create_response(request, *arguments, **options)
        response["Access-Control-Allow-Origin"] = "*"
        if response.status_code == 200:
            patch_cache_control(response, public=True, max_age=60)
        return response


api = ReadAPI(
    title="Paper Round",
    version="1",
    description="Papers, days and topics. Reading is free; answers may be kept for a minute.",
    docs_url=None,
    urls_namespace="api",
    throttle=[Pace(A_MINUTE)],
)


class TopicOut(Schema):
    """A topic that a paper can carry."""

    slug: str
    name: str
    description: str


class MarkOut(Schema):
    """A topic of a paper, and how sure we are, 0 to 1."""

    slug: str = Field(alias="topic.slug")
    name: str = Field(alias="topic.name")
    confidence: float


class PaperOut(Schema):
    """A paper; `day` is the day of the newsletter it belongs to."""

    id: int
    arxiv_id: str | None
    doi: str | None
    title: str
    abstract: str
    authors: list[str]
    organization: str
    day: dt.date = Field(alias="featured_on")
    published_on: dt.date | None
    votes: int
    reader_votes: int
    topics: list[MarkOut]
    url: str
    pdf_url: str
    code_url: str
    project_url: str

    @staticmethod
    def resolve_topics(paper: Paper) -> list[PaperTopic]:
        return list(paper.paper_topics.all())


class PapersOut(Schema):
    """Some papers; `before` asks for those that follow, null at the end."""

    papers: list[PaperOut]
    before: dt.date | None = None


class FoundOut(Schema):
    """What a search found; `count` stops at 500, `corrected` is the query that was used in place of yours."""

    papers: list[PaperOut]
    count: int
    corrected: str


class TopicPapersIn(Schema):
    """Which papers of a topic: those from before a day, newest first."""

    before: dt.date | None = None


class SearchIn(Schema):
    """What to search for: words and "phrases"; `since` and `until` are days of the newsletter."""

    q: str = Field(max_length=200)
    topic: str = Field("", max_length=50, pattern=r"^[-a-zA-Z0-9_]*$")
    since: dt.date | None = None
    until: dt.date | None = None
    page: int = Field(1, ge=1, le=50)


@api.get("/topics/", response=list[TopicOut], summary=_("All topics"))
def list_topics(request: HttpRequest):
    return Topic.objects.filter(is_active=True)


@api.get("/days/{day}/", response=PapersOut, summary=_("The papers of a day, those that move most first"))
def list_day(request: HttpRequest, day: dt.date):
    before = days.neighbours(days.Span.of_day(day), today=timezone.localdate()).before
    return {"papers": days.papers_of(days.Span.of_day(day))[:MOST], "before": before}


@api.get("/topics/{slug:slug}/papers/", response=PapersOut, summary=_("The papers of a topic, newest first"))
def list_topic(request: HttpRequest, slug: str, wish: Query[TopicPapersIn]):
    topic = get_object_or_404(Topic, slug=slug)
    return archive.stretch(topic, today=timezone.localdate(), before=wish.before)


@api.get("/papers/{pk}/", response=PaperOut, summary=_("One paper"))
def show_paper(request: HttpRequest, pk: int):
    return get_object_or_404(Paper.objects.listed(), pk=pk)


@api.get("/search/", response=FoundOut, summary=_("Search titles, authors and abstracts"))
def find_papers(request: HttpRequest, wish: Query[SearchIn]):
    topic = get_object_or_404(Topic, slug=wish.topic) if wish.topic else None
    return search.search(search.Wish(wish.q, topic, wish.since, wish.until), page=wish.page)


@public_page
def api_page(request: HttpRequest) -> HttpResponse:
    """Say what the read API answers, in the words of its own description."""
    paths = api.get_openapi_schema(path_prefix="/api/v1/")["paths"]
    operations = [(path, methods["get"]["summary"]) for path, methods in paths.items()]
    return render(request, "papers/api.html", {"operations": operations})
