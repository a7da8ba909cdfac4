"""The trending scores of the last weeks, from votes, their growth, stars and the editor's hand."""

from __future__ import annotations

import datetime as dt
from itertools import groupby

from papers.models import Paper, VoteSnapshot
from papers.trending import Rising, percentiles, score

# What is older keeps its last score: it no longer rises.
WINDOW = dt.timedelta(days=30)
# Growth is measured over this long.
GROWTH = dt.timedelta(days=2)
_NEEDED = ("id", "featured_on", "votes", "stars", "reader_votes", "code_url", "boost", "trend")


def score_trends(*, now: dt.datetime) -> int:
    """Write the scores of the last thirty days and return how many changed."""
    of_these_days = Paper.objects.published().filter(featured_on__gt=(now - WINDOW).date())
    papers = list(of_these_days.only(*_NEEDED).order_by("featured_on", "id"))
    before = votes_at(papers, now - GROWTH)
    changed = []
    for _, of_the_day in groupby(papers, key=lambda paper: paper.featured_on):
        group = list(of_the_day)
        standings = percentiles([paper.votes for paper in group])
        for paper in group:
            trend = round(score(rising(paper, before.get(paper.pk), now=now), standings[paper.votes]), 4)
            if trend != paper.trend:
                paper.trend = trend
                changed.append(paper)
    Paper.objects.bulk_update(changed, ["trend"], batch_size=500)
    return len(changed)


def explain(papers: list[Paper], *, now: dt.datetime) -> dict[int, tuple[Rising, float]]:
    """Return for each paper what its score was made of: itself as trending sees it, and its standing on its day."""
    before = votes_at(papers, now - GROWTH)
    of_these_days = Paper.objects.published().filter(featured_on__in={paper.featured_on for paper in papers})
    others = of_these_days.exclude(pk__in=[paper.pk for paper in papers]).values_list("featured_on", "votes")
    # The papers as they are here: their votes may have grown since they were read.
    rows = sorted([*others, *((paper.featured_on, paper.votes) for paper in papers)])
    standings = {
        day: percentiles([votes for _, votes in group]) for day, group in groupby(rows, key=lambda row: row[0])
    }
    return {
        paper.pk: (rising(paper, before.get(paper.pk), now=now), standings[paper.featured_on][paper.votes])
        for paper in papers
    }


def rising(paper: Paper, votes_before: int | None, *, now: dt.datetime) -> Rising:
    """Return the paper as trending sees it; without an earlier count its votes came since its day."""
    age_days = max((now.date() - paper.featured_on).days, 0)
    days = GROWTH.days if votes_before is not None else max(min(age_days, GROWTH.days), 1)
    return Rising(
        id=paper.pk,
        votes=paper.votes,
        age_days=age_days,
        votes_per_day=max(paper.votes - (votes_before or 0), 0) / days
        if votes_before is not None or age_days < 3
        else 0,
        stars=paper.stars,
        reader_votes=paper.reader_votes,
        has_code=bool(paper.code_url),
        boost=paper.boost,
    )


def votes_at(papers: list[Paper], at: dt.datetime) -> dict[int, int]:
    """Return the votes that the papers had at a moment, for those that were counted by then."""
    snapshots = VoteSnapshot.objects.filter(paper__in=[paper.pk for paper in papers], at__lte=at).order_by("at")
    return dict(snapshots.values_list("paper_id", "votes"))
