"""search(): what a visitor typed becomes papers, best first."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace

from django.db import connection

from papers.models import Paper, Topic
from papers.search import matching, spelling, words

PAGE = 20  # papers
# Of a word that half of all papers hold only the newest matches are ranked: nobody turns to page 26, and each costs
# PostgreSQL 0.06 ms.
POOL = 500


@dataclass(frozen=True, slots=True)
class Wish:
    """What is searched for: words and "phrases", all of which must be there, within a topic and days if given."""

    text: str
    topic: Topic | None = None
    first: dt.date | None = None
    last: dt.date | None = None
    newest: bool = False  # in the order of days, not of relevance


@dataclass(frozen=True, slots=True)
class Found:
    """One page of results. `count` is exact below POOL; `corrected` is the query used in place of the typed."""

    papers: list[Paper] = field(default_factory=list)
    count: int = 0
    is_bounded: bool = False
    corrected: str = ""


def search(wish: Wish, *, page: int = 1, limit: int = PAGE) -> Found:
    """Return the papers that hold all terms of the wish; when there are none, those of its likeliest correction."""
    found = _search(wish, page, limit)
    if found.count or not wish.text:
        return found
    corrected = spelling.correct(wish.text, spelling.vocabulary())
    if corrected == wish.text:
        return found
    return replace(_search(replace(wish, text=corrected), page, limit), corrected=corrected)


def _search(wish: Wish, page: int, limit: int) -> Found:
    terms = words.terms(wish.text)
    if not terms:
        return Found()
    ids = matching.matches(connection, terms, matching.Bounds(wish.topic, wish.first, wish.last), pool=POOL)
    if wish.newest:
        days = dict(Paper.objects.filter(pk__in=ids).values_list("pk", "featured_on"))
        ids.sort(key=lambda pk: days[pk], reverse=True)
    shown = ids[(page - 1) * limit : page * limit]
    papers = Paper.objects.listed().in_bulk(shown)
    return Found([papers[pk] for pk in shown if pk in papers], len(ids), len(ids) >= POOL)
