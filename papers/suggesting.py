"""Suggesting a paper: kept for an editor, at a pace that no machine can use up."""

from __future__ import annotations

import datetime as dt
import enum
import hashlib
import hmac

from django.conf import settings
from django.core.cache import cache
from django.db.models import F

from papers.ingestion import ingest
from papers.models import Paper, Suggestion
from papers.sources import Request, single
from papers.sources.base import Web

AN_HOUR = 6  # suggestions from one place
MOST_WAITING = 1_000


def take(suggestion: Suggestion, *, web: Web, now: dt.datetime) -> None:
    """Ask arXiv for the paper and put it among today's; raises SourceError, and the suggestion goes on waiting."""
    for answer in single.fetch(web, Request(suggestion.arxiv_id, now.date(), now.date())):
        parsed = single.parse(answer.body)
        ingest(parsed.records, kind=single.READER.name, day=now.date(), now=now, rejections=parsed.rejections)
    suggestion.mark_taken()


class TooMany(Exception):
    """This place, or everybody together, has suggested enough for now."""


class Answer(enum.Enum):
    """What became of a suggestion."""

    KEPT = "kept"
    HERE = "here"  # the paper is on the site already


def suggest(arxiv_id: str, *, place: str, now: dt.datetime) -> tuple[Answer, Paper | None]:
    """Keep a suggestion for the editor, or return the paper if it is here; raises TooMany.

    `place` is where the visitor comes from (an IP address): it is counted under a keyed hash for an hour, never kept.
    """
    paper = Paper.objects.published().filter(arxiv_id=arxiv_id).first()
    if paper:
        return Answer.HERE, paper
    _count(place, now)
    suggestion, is_new = Suggestion.objects.get_or_create(arxiv_id=arxiv_id, defaults={"created_at": now})
    if not is_new:
        Suggestion.objects.filter(pk=suggestion.pk).update(times=F("times") + 1)
    return Answer.KEPT, None


def _count(place: str, now: dt.datetime) -> None:
    hashed = hmac.digest(settings.HASH_KEY.encode(), f"{now:%Y-%m-%d %H} {place}".encode(), hashlib.sha256).hex()
    key = f"papers.suggesting.{hashed}"
    cache.add(key, 0, 3600)
    if cache.incr(key) > AN_HOUR or Suggestion.objects.filter(state=Suggestion.State.WAITING).count() >= MOST_WAITING:
        raise TooMany
