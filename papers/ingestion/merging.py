"""What a record changes in a paper, and whether it means that paper at all."""

from __future__ import annotations

from typing import Any

from papers.ahead import Study
from papers.models import Paper
from papers.sources import Record, Rejection
from papers.text import clean, surnames, title_key

LONGEST_TITLE = 1_000
LONGEST_ABSTRACT = 50_000
WRITTEN = (
    *("identity", "title_key", "arxiv_id", "arxiv_version", "doi"),
    *("title", "abstract", "original_title", "original_abstract", "text_from"),
    *("authors", "organization", "categories", "keywords"),
    *("url", "pdf_url", "code_url", "project_url", "published_on", "votes", "comments", "stars"),
)
_FACTS = ("url", "pdf_url", "code_url", "project_url", "organization", "published_on", "votes", "comments", "stars")


def objection(record: Record, study: Study) -> Rejection | None:
    # What is longer than any abstract is not read at all, let alone cleaned.
    title = study.clean(record.title) if len(record.title) <= LONGEST_ABSTRACT else record.title
    if not title:
        return Rejection("(no title)", "has no title")
    if len(title) > LONGEST_TITLE:
        return Rejection(title[:80], f"has a title of {len(title):,} characters; an abstract may have slipped into it")
    if len(record.abstract) > LONGEST_ABSTRACT:
        return Rejection(title[:80], f"has an abstract of {len(record.abstract):,} characters, more than any abstract")
    return None


def may_be_the_same(paper: Paper, record: Record) -> bool:
    """Two works may share a title: other ids or other people tell them apart."""
    if paper.arxiv_id and record.arxiv_id and paper.arxiv_id != record.arxiv_id:
        return False
    if paper.doi and record.doi and paper.doi != record.doi and not (paper.arxiv_id or record.arxiv_id):
        return False
    ours, theirs = surnames(paper.authors), surnames(record.authors)
    return not ours or not theirs or bool(ours & theirs)


def take_text(paper: Paper, record: Record, kind: str, study: Study) -> None:
    paper.original_title, paper.title = record.title, study.clean(record.title)
    paper.title_key = study.key(record.title)
    if record.abstract:
        paper.original_abstract, paper.abstract = record.abstract, study.clean(record.abstract)
    if record.authors:
        paper.authors = _people(record)
    paper.text_from = kind


def _people(record: Record) -> list[str]:
    """Return the names as people write them; feeds keep TeX accents, most names have none."""
    return [clean(name) if "\\" in name or "$" in name else name for name in record.authors]


def take_facts(paper: Paper, record: Record, study: Study) -> None:
    """Fill what the record knows; nothing known is ever forgotten because a source is silent about it."""
    for name in _FACTS:
        value: Any = getattr(record, name)
        if value not in (None, ""):
            setattr(paper, name, value)
    if paper.arxiv_id:
        # The links that say "arXiv" and "PDF": a blog or a list that speaks of the paper has addresses of its own.
        paper.url = f"https://arxiv.org/abs/{paper.arxiv_id}"
        paper.pdf_url = f"https://arxiv.org/pdf/{paper.arxiv_id}"
    for name in ("categories", "keywords"):
        if values := getattr(record, name):
            setattr(paper, name, list(values))
    if record.authors and not paper.authors:
        paper.authors = _people(record)
    if record.abstract and not paper.abstract:
        paper.original_abstract, paper.abstract = record.abstract, study.clean(record.abstract)
    # Two works without ids may share a title; the later one's identity is longer.
    if not paper.identity.startswith(base := _identity(paper)):
        paper.identity = base


def identify(paper: Paper) -> None:
    """Set what a paper is known by, from its ids and its title."""
    paper.arxiv_id, paper.doi = paper.arxiv_id or None, paper.doi or None
    paper.title_key = title_key(clean(paper.title))
    paper.identity = _identity(paper)


def _identity(paper: Paper) -> str:
    if paper.arxiv_id:
        return f"arxiv:{paper.arxiv_id}"
    return f"doi:{paper.doi}"[:255] if paper.doi else f"title:{paper.title_key}"
