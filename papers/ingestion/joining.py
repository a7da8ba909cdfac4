"""Several rows that are one work: one is kept, the others are hidden and not deleted, since letters may name them."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from papers.models import Paper

_FILLED = ("abstract", "organization", "url", "pdf_url", "code_url", "project_url", "published_on", "doi")
_LISTS = ("authors", "categories", "keywords")
_COUNTS = ("votes", "comments", "stars")


def keeper(papers: Sequence[Paper]) -> Paper:
    """Return the paper that stays: one with an arXiv id before one without, then the one that most people voted for."""
    return min(papers, key=lambda paper: (not paper.arxiv_id, not paper.abstract, -paper.votes, paper.pk))


def join(papers: Sequence[Paper]) -> Paper:
    """Hide all papers but the kept one, which learns from them what it lacks; return it. Nothing is deleted."""
    kept = keeper(papers)
    others = [paper for paper in papers if paper.pk != kept.pk]
    for other in others:
        for name in (*_FILLED, *_LISTS):
            if not getattr(kept, name):
                setattr(kept, name, getattr(other, name))
        for name in _COUNTS:
            setattr(kept, name, max(getattr(kept, name), getattr(other, name)))
        # The id of a work belongs to one row; the column is unique.
        if other.doi and other.doi == kept.doi:
            other.doi = None
        other.is_hidden = True
    with transaction.atomic():
        Paper.objects.bulk_update(others, ["doi", "is_hidden"])
        kept.is_hidden = False
        kept.save()
    return kept
