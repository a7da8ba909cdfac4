"""The papers of one author."""

from __future__ import annotations

from django.db import connection

from papers.models import Paper
from papers.search import words

MOST = 100  # papers, newest first


def by_author(name: str) -> list[Paper]:
    """Return the newest papers that one of this name wrote; case and accents do not matter, namesakes are one."""
    phrase = words.plain(name[: words.LONGEST])
    if not phrase:
        return []
    with connection.cursor() as cursor:
        cursor.execute(*(_postgresql(phrase) if connection.vendor == "postgresql" else _sqlite(phrase)))
        ids = [pk for (pk,) in cursor.fetchall()]
    papers = Paper.objects.listed().filter(pk__in=ids).order_by("-featured_on", "-id")
    return [paper for paper in papers if any(words.plain(author) == phrase for author in paper.authors)]


def _sqlite(phrase: str) -> tuple[str, list]:
    statement = "SELECT rowid FROM papers_search WHERE papers_search MATCH %s ORDER BY rowid DESC LIMIT %s"
    return statement, [f'authors : "{phrase}"', MOST]


def _postgresql(phrase: str) -> tuple[str, list]:
    statement = """SELECT id FROM papers_paper WHERE search @@ phraseto_tsquery('english', %s)
        AND ts_filter(search, '{b}') @@ phraseto_tsquery('english', %s) ORDER BY id DESC LIMIT %s"""
    return statement, [phrase, phrase, MOST]
