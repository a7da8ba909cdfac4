"""Invented papers for the pages."""

from __future__ import annotations

import datetime as dt

from papers.models import Paper, PaperTopic, Topic

DAY = dt.date(2025, 7, 29)
ABSTRACT = (
    "Lighthouses were long kept by hand. We study how a keeper's log of forty years predicts the weather of the "
    "next morning, and find that the ink dries slower before rain. A small model reads the log in a second. "
    "On three coasts it beats the barometer by a tenth. The log, the model and a map of the coasts are given to all. "
)


def make_topic(slug: str = "vision", **facts) -> Topic:
    return Topic.objects.get_or_create(slug=slug, defaults={"name": slug.capitalize(), **facts})[0]


def make_paper(number: int = 1, *, topics: tuple[str, ...] = (), **facts) -> Paper:
    facts = {
        "identity": f"arxiv:2507.{number:05d}",
        "title_key": f"title-{number}",
        "arxiv_id": f"2507.{number:05d}",
        "title": f"Keeping lighthouse number {number}",
        "abstract": ABSTRACT,
        "authors": ["Ada Lamp", "Bo Wick", "Cy Flame", "Di Glass"],
        "url": f"https://arxiv.org/abs/2507.{number:05d}",
        "pdf_url": f"https://arxiv.org/pdf/2507.{number:05d}",
        "featured_on": DAY,
        "votes": number,
        **facts,
    }
    paper = Paper.objects.create(**facts)
    for slug in topics:
        PaperTopic.objects.create(paper=paper, topic=make_topic(slug), confidence=0.9)
    return paper
