"""The papers of one author."""

from __future__ import annotations

import json

from django.db import connection

from papers.models import Paper
from papers.search import words

MOST = 100  # papers, newest first
# PostgreSQL's index knows none of the words that English is full of, and "He", "An" and "Do" are surnames: of so many
# papers that it finds by the rest of a name each is looked at, and of so many newest ones when there is no rest.
MOST_LIKE, NEWEST = 5_000, 20_000


def by_author(name: str) -> list[Paper]:
    """Return the newest papers that one of this name wrote; case and accents do not matter, namesakes are one."""
    phrase = words.plain(name[: words.LONGEST])
    if not phrase:
        return []
    ids = _postgresql(phrase) if connection.vendor == "postgresql" else _sqlite(words.lower(name[: words.LONGEST]))
    papers = Paper.objects.listed().filter(pk__in=ids).order_by("-featured_on", "-id")
    return [paper for paper in papers if _is_by(phrase, paper.authors)]


def _is_by(phrase: str, authors: list[str]) -> bool:
    return any(words.plain(author) == phrase for author in authors)


def _sqlite(phrase: str) -> list[int]:
    statement = "SELECT rowid FROM papers_search WHERE papers_search MATCH %s ORDER BY rowid DESC LIMIT %s"
    with connection.cursor() as cursor:
        cursor.execute(statement, [f'authors : "{phrase}"', MOST])
        return [pk for (pk,) in cursor.fetchall()]


def _postgresql(phrase: str) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT numnode(phraseto_tsquery('english', %s))", [phrase])
        if cursor.fetchone() == (0,):
            newest = "SELECT id, authors FROM papers_paper ORDER BY id DESC LIMIT %s"
            cursor.execute(
                f"SELECT * FROM ({newest}) AS newest WHERE authors::text ILIKE %s",
                [NEWEST, "%" + phrase.replace(" ", "%") + "%"],
            )
        else:
            cursor.execute(
                """SELECT id, authors FROM papers_paper WHERE search @@ phraseto_tsquery('english', %s)
                AND ts_filter(search, '{b}') @@ phraseto_tsquery('english', %s) ORDER BY id DESC LIMIT %s""",
                [phrase, phrase, MOST_LIKE],
            )
        return [pk for pk, authors in cursor.fetchall() if _is_by(phrase, json.loads(authors))][:MOST]
