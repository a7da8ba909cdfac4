"""What a new installation begins with: the shipped topics, and invented papers until real ones come."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

from papers.ingestion import Tally, ingest
from papers.models import Paper, Topic
from papers.sources import Record

SHIPPED = Path(__file__).resolve().parent / "data"


def load_topics(*, reset: bool = False) -> int:
    """Add the shipped topics that are missing and return how many were written; `reset` also undoes changes."""
    known = set() if reset else set(Topic.objects.values_list("slug", flat=True))
    entries = enumerate(json.loads((SHIPPED / "topics.json").read_text()), 1)
    missing = [(position, entry) for position, entry in entries if entry["slug"] not in known]
    for position, entry in missing:
        Topic.objects.update_or_create(slug=entry["slug"], defaults={**entry, "position": position})
    return len(missing)


def ensure_topics() -> None:
    """Load the shipped topics where there are none at all."""
    if not Topic.objects.exists():
        load_topics()


def load_samples(*, now: dt.datetime) -> Tally | None:
    """Load the invented papers on the five days up to `now`; `None` and nothing done once real papers are here."""
    if Paper.objects.filter(is_sample=False).exists():
        return None
    ensure_topics()
    entries = json.loads((SHIPPED / "samples.json").read_text())
    tally = ingest([_record(entry, now.date()) for entry in entries], kind="sample", day=now.date(), now=now)
    _bring_to_today(entries, now.date())
    return tally


def _bring_to_today(entries: list[dict[str, Any]], today: dt.date) -> None:
    """Move samples of an earlier start to the days around now, so that the newest day is never empty."""
    days = {entry["title"]: today - dt.timedelta(days=entry["days_ago"]) for entry in entries}
    moved = [paper for paper in Paper.objects.filter(is_sample=True) if paper.title in days]
    for paper in moved:
        paper.featured_on = paper.published_on = days[paper.title]
    Paper.objects.bulk_update(moved, ["featured_on", "published_on"])


def _record(entry: dict[str, Any], today: dt.date) -> Record:
    day = today - dt.timedelta(days=entry["days_ago"])
    return Record(
        title=entry["title"],
        abstract=entry["abstract"],
        authors=tuple(entry["authors"]),
        published_on=day,
        featured_on=day,
        votes=entry["votes"],
    )
