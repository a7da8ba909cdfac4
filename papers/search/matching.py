"""Which papers hold the terms: the only place that speaks the databases' languages of search."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, replace

from django.db.backends.base.base import BaseDatabaseWrapper

from papers.models import Paper, PaperTopic, Topic
from papers.search import words

# A topic with more papers than this is found soon among the newest; a list of them would take longer.
LONGEST_LIST = 20_000


@dataclass(frozen=True, slots=True)
class Bounds:
    """Where a search looks."""

    topic: Topic | None = None
    first: dt.date | None = None
    last: dt.date | None = None

    def where(self) -> tuple[str, list]:
        """Return conditions on `papers_paper` as `paper`, with their values."""
        conditions: list[str] = ["NOT paper.is_hidden"]
        values: list[object] = []
        if self.topic:
            conditions.append(
                "EXISTS (SELECT 1 FROM papers_papertopic mark WHERE mark.paper_id = paper.id AND mark.topic_id = %s)"
            )
            values.append(self.topic.pk)
        for comparison, day in ((">=", self.first), ("<=", self.last)):
            if day:
                conditions.append(f"paper.featured_on {comparison} %s")
                values.append(day)
        return " AND ".join(conditions), values


def matches(connection: BaseDatabaseWrapper, terms: list[str], bounds: Bounds, *, pool: int) -> list[int]:
    """Return the ids of papers that hold all `terms` within `bounds`, best first.

    Two pools of the newest matches are ranked: at most `pool` of the whole text and two fifths of that of titles, so
    that an old paper whose title says it is found below hundreds of newer ones that mention it. When the whole text
    fills no pool, the titles are in it.
    """
    is_postgresql = connection.vendor == "postgresql"
    ask, where = (_postgresql, bounds.where()) if is_postgresql else (_sqlite, _sqlite_where(bounds))
    best: dict[int, float] = {}
    with connection.cursor() as cursor:
        cursor.execute(*ask(terms, *where, pool))
        best.update(cursor.fetchall())
        if len(best) >= pool:
            cursor.execute(*ask(terms, *where, pool * 2 // 5, in_title=True))
            best = dict(cursor.fetchall()) | best
    return sorted(best, key=lambda pk: (-best[pk], -pk))[:pool]


def _sqlite(terms: list[str], where: str, values: list, pool: int, *, in_title: bool = False) -> tuple[str, list]:
    query = " ".join(f'"{term}"' for term in terms)
    # Ordered by rowid the index is read from its end and left after `pool` rows; bm25 is negative, best lowest.
    statement = f"""SELECT found.rowid, -bm25(papers_search, 8, 4, 1) FROM papers_search found
        WHERE papers_search MATCH %s
        AND {where}
        ORDER BY found.rowid DESC LIMIT %s"""
    return statement, [f"title : ({query})" if in_title else query, *values, pool]


def _sqlite_where(bounds: Bounds) -> tuple[str, list]:
    """Return the bounds as conditions on `found.rowid` that read no row of a paper unless days are asked for.

    Measured with 200,000 papers: reading the rows took 350 ms for a common word in a rare topic, lists of ids 30. The
    plus keeps SQLite from looking each id up in the full-text index, which knows no short way to it.
    """
    conditions: list[str] = []
    values: list[object] = []
    if bounds.topic:
        marks = "papers_papertopic mark WHERE mark.topic_id = %s"
        is_small = PaperTopic.objects.filter(topic=bounds.topic)[LONGEST_LIST : LONGEST_LIST + 1].count() == 0
        listed = f"+found.rowid IN (SELECT mark.paper_id FROM {marks})"
        conditions.append(listed if is_small else f"EXISTS (SELECT 1 FROM {marks} AND mark.paper_id = found.rowid)")
        values.append(bounds.topic.pk)
    if bounds.first or bounds.last:
        where, days = _sqlite_days(bounds)
        conditions.append(where)
        values += days
    # The last, because it is asked of what the others have left.
    conditions.append("+found.rowid NOT IN (SELECT id FROM papers_paper WHERE is_hidden)")
    return " AND ".join(conditions), values


def _sqlite_days(bounds: Bounds) -> tuple[str, list]:
    """Return the condition on the days; when few papers lie within or without them an index lists those.

    Ids and days mostly grow together, so that the full-text index is best read from the last id within the days on:
    to reject the 18,000 papers of the last three months one by one took longer than all the rest.
    """
    first, last = bounds.first or dt.date.min, bounds.last or dt.date.max
    papers = Paper.objects.order_by("featured_on").values_list("pk", flat=True)
    inside = papers.filter(featured_on__range=(first, last))
    if not inside[LONGEST_LIST : LONGEST_LIST + 1]:
        within = list(inside)
        listed = "found.rowid BETWEEN %s AND %s AND +found.rowid IN (SELECT value FROM json_each(%s))"
        return listed, [min(within, default=0), max(within, default=0), json.dumps(within)]
    # Two questions: asked as one they are answered by reading the whole index.
    outside = (papers.filter(featured_on__lt=first), papers.filter(featured_on__gt=last))
    without = {pk for days in outside for pk in days[: LONGEST_LIST + 1]}
    if len(without) <= LONGEST_LIST:
        newest = Paper.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        while newest in without:
            newest -= 1
        rest = json.dumps([pk for pk in without if pk < newest])
        return "found.rowid <= %s AND +found.rowid NOT IN (SELECT value FROM json_each(%s))", [newest, rest]
    where, days = replace(bounds, topic=None).where()
    return f"EXISTS (SELECT 1 FROM papers_paper paper WHERE paper.id = found.rowid AND {where})", days


def _postgresql(terms: list[str], where: str, values: list, pool: int, *, in_title: bool = False) -> tuple[str, list]:
    query = " && ".join(["phraseto_tsquery('english', %s)"] * len(terms))
    column = "search_title" if in_title else "search"
    statement = f"""SELECT id, ts_rank('{{0.1, 0.1, 0.5, 1}}', search, query, 1) FROM (
        SELECT paper.id, paper.search, query FROM papers_paper paper, (SELECT {query} AS query) AS asked
        WHERE {where} AND paper.{column} @@ query ORDER BY paper.id DESC LIMIT %s) AS newest"""
    return statement, [*map(words.plain, terms), *values, pool]
