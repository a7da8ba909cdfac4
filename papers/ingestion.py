"""Records become papers: each work once, whatever source tells of it and however often."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from typing import Any

from django.db import transaction

from papers.models import Paper, PaperTopic, Source, Topic, VoteSnapshot
from papers.sources import Record, Rejection
from papers.text import clean, surnames, title_key
from papers.topics import Classifier, TopicRule

# One transaction and one round of queries; small enough that a lock on SQLite is short.
BATCH = 500
# Whose titles and abstracts are better: arXiv's own has its maths and accents, a saved page has lost them.
TRUST = {
    "person": 9,
    "paper": 5,
    "arxiv-api": 5,
    "arxiv-oai": 5,
    "arxiv-feed": 4,
    "huggingface": 3,
    "huggingface-page": 3,
}
# Answers of these hold old papers too; what is older than this belongs to its own day, not to today's digest.
HOLD_OLD_PAPERS = frozenset({"arxiv-api", "arxiv-oai", "feed"})
OLD = dt.timedelta(days=14)
LONGEST_TITLE = 1_000
LONGEST_ABSTRACT = 50_000


@dataclass(slots=True)
class Tally:
    """What one import did; `rejections` say why."""

    new: int = 0
    changed: int = 0
    same: int = 0
    rejected: int = 0
    rejections: list[Rejection] = field(default_factory=list)

    @property
    def accepted(self) -> int:
        return self.new + self.changed + self.same

    def counts(self) -> dict[str, int]:
        return {"new": self.new, "changed": self.changed, "same": self.same, "rejected": self.rejected}

    def add(self, other: Tally) -> None:
        self.new += other.new
        self.changed += other.changed
        self.same += other.same
        self.rejected += other.rejected
        self.rejections += other.rejections

    def reject(self, rejection: Rejection) -> None:
        self.rejected += 1
        self.rejections.append(rejection)


def ingest(
    records: Iterable[Record | Rejection],
    *,
    kind: str,
    day: dt.date,
    now: dt.datetime,
    source: Source | None = None,
    dry_run: bool = False,
    rejections: Sequence[Rejection] = (),
    on_progress: Callable[[Tally], None] = lambda tally: None,
) -> Tally:
    """Insert or update the papers of `records` and return what happened; `day` is theirs when they name none.

    Each batch of 500 is one transaction. A stream may hold rejections too; they are counted and told.
    """
    tally = Tally()
    for rejection in rejections:
        tally.reject(rejection)
    classifier = the_classifier()
    stream = iter(records)
    while batch := list(islice(stream, BATCH)):
        with transaction.atomic():
            _Batch(kind, day, now, classifier, tally).take(batch)
            if dry_run:
                transaction.set_rollback(True)
        on_progress(tally)
    if tally.new and kind != "sample" and not dry_run:
        put_samples_away()
    return tally


def put_samples_away() -> int:
    """Hide the invented papers: the first real ones are here."""
    return Paper.objects.filter(is_sample=True, is_hidden=False).update(is_hidden=True)


def the_classifier() -> Classifier:
    """Return the classifier of the topics as they stand in the database."""
    active = Topic.objects.filter(is_active=True)
    return Classifier(TopicRule(topic.slug, topic.phrases, topic.arxiv_hints) for topic in active)


class _Batch:
    """Some hundred records and the papers that they may mean, found with one query for each kind of identity."""

    def __init__(self, kind: str, day: dt.date, now: dt.datetime, classifier: Classifier, tally: Tally) -> None:
        self.kind, self.day, self.now, self.classifier, self.tally = kind, day, now, classifier, tally
        self.by_arxiv: dict[str, Paper] = {}
        self.by_doi: dict[str, Paper] = {}
        self.by_title: dict[str, list[Paper]] = {}
        self.new: list[Paper] = []
        self.changed: dict[int, Paper] = {}
        self.retold: dict[int, Paper] = {}  # papers whose topics must be found (again), by id() of the object
        self.voted: dict[int, Paper] = {}

    def take(self, items: Sequence[Record | Rejection]) -> None:
        """Apply the records in order and write what they changed."""
        good = list(self._judge(items))
        self._look_up(good)
        for record in good:
            self._apply(record)
        self._write()

    def _judge(self, items: Sequence[Record | Rejection]) -> Iterator[Record]:
        for item in items:
            rejection = item if isinstance(item, Rejection) else _objection(item)
            if rejection:
                self.tally.reject(rejection)
            elif isinstance(item, Record):
                yield item

    def _look_up(self, records: Sequence[Record]) -> None:
        papers = Paper.objects.defer("vector")
        arxiv_ids = {record.arxiv_id for record in records if record.arxiv_id}
        dois = {record.doi for record in records if record.doi}
        keys = {_key(record.title) for record in records}
        found = {paper.pk: paper for paper in papers.filter(arxiv_id__in=arxiv_ids)}
        found |= {paper.pk: paper for paper in papers.filter(doi__in=dois).exclude(pk__in=found)}
        found |= {paper.pk: paper for paper in papers.filter(title_key__in=keys).exclude(pk__in=found)}
        for paper in sorted(found.values(), key=lambda paper: paper.pk):
            self._remember(paper)

    def _remember(self, paper: Paper) -> None:
        if paper.arxiv_id:
            self.by_arxiv[paper.arxiv_id] = paper
        if paper.doi:
            self.by_doi[paper.doi] = paper
        same_title = self.by_title.setdefault(paper.title_key, [])
        if paper not in same_title:
            same_title.append(paper)

    def _apply(self, record: Record) -> None:
        paper = self._find(record)
        if paper is None:
            paper = Paper(featured_on=self._day_of(record), is_sample=self.kind == "sample")
            self._update(paper, record)
            self.new.append(paper)
            self.tally.new += 1
        elif self._update(paper, record):
            self.tally.changed += 1
            if paper.pk:
                self.changed[paper.pk] = paper
        else:
            self.tally.same += 1
        self._remember(paper)

    def _day_of(self, record: Record) -> dt.date:
        if record.featured_on:
            return record.featured_on
        written = record.published_on
        is_old = self.kind in HOLD_OLD_PAPERS and written is not None and written < self.day - OLD
        return written if is_old and written else self.day

    def _find(self, record: Record) -> Paper | None:
        """Return the paper that the record means: by arXiv id, else DOI, else title where nothing speaks against it."""
        if paper := self.by_arxiv.get(record.arxiv_id):
            return paper
        if (paper := self.by_doi.get(record.doi)) and not (record.arxiv_id and paper.arxiv_id):
            return paper
        return next(
            (paper for paper in self.by_title.get(_key(record.title), ()) if _may_be_the_same(paper, record)),
            None,
        )

    def _update(self, paper: Paper, record: Record) -> bool:
        before = {name: getattr(paper, name) for name in _WRITTEN}
        self._take_identity(paper, record)
        if self._may_tell(paper, record):
            _take_text(paper, record, self.kind)
        _take_facts(paper, record)
        changes = {name for name in _WRITTEN if getattr(paper, name) != before[name]}
        if changes & {"title", "abstract", "categories", "keywords"}:
            self.retold[id(paper)] = paper
        if changes & {"title", "abstract"}:
            paper.vector_version = ""
        if "votes" in changes or (record.votes is not None and not paper.pk):
            self.voted[id(paper)] = paper
        return bool(changes)

    def _take_identity(self, paper: Paper, record: Record) -> None:
        if record.arxiv_id and not paper.arxiv_id:
            paper.arxiv_id = record.arxiv_id
        twin = self.by_doi.get(record.doi)
        if record.doi and not paper.doi and twin is None:
            paper.doi = record.doi
        elif twin is not None and twin is not paper and not twin.arxiv_id and not twin.is_hidden:
            # Two rows turn out to be one work. Letters may name either, so none is deleted: readers see one.
            twin.is_hidden = True
            if twin.pk:
                self.changed[twin.pk] = twin
        if record.arxiv_version and record.arxiv_version > (paper.arxiv_version or 0):
            paper.arxiv_version = record.arxiv_version

    def _may_tell(self, paper: Paper, record: Record) -> bool:
        """Tell whether the record's title and abstract may replace what we have."""
        if not paper.title:
            return True
        is_older = record.arxiv_version is not None and record.arxiv_version < (paper.arxiv_version or 0)
        return not is_older and TRUST.get(self.kind, 1) >= TRUST.get(paper.text_from, 1)

    def _write(self) -> None:
        Paper.objects.bulk_create(self.new)
        for paper in self.changed.values():
            paper.updated_at = self.now
        Paper.objects.bulk_update(
            self.changed.values(), [*_WRITTEN, "is_hidden", "vector_version", "updated_at"], batch_size=100
        )
        VoteSnapshot.objects.bulk_create(
            (VoteSnapshot(paper=paper, at=self.now, votes=paper.votes) for paper in self.voted.values()),
            ignore_conflicts=True,
        )
        assign_topics(list(self.retold.values()), self.classifier)


def assign_topics(papers: Sequence[Paper], classifier: Classifier) -> None:
    """Give the papers the topics that the classifier finds; what a person set stays."""
    pks = [paper.pk for paper in papers]
    by_person = PaperTopic.objects.filter(paper__in=pks, set_by=PaperTopic.SetBy.PERSON)
    theirs = set(by_person.values_list("paper_id", flat=True))
    slugs = dict(Topic.objects.values_list("slug", "pk"))
    PaperTopic.objects.filter(paper__in=set(pks) - theirs, set_by=PaperTopic.SetBy.CLASSIFIER).delete()
    PaperTopic.objects.bulk_create(
        PaperTopic(paper=paper, topic_id=slugs[verdict.slug], confidence=verdict.confidence)
        for paper in papers
        if paper.pk not in theirs
        for verdict in classifier.classify(
            paper.title, paper.abstract, keywords=paper.keywords, categories=paper.categories
        )
    )


_WRITTEN = (
    *("identity", "title_key", "arxiv_id", "arxiv_version", "doi"),
    *("title", "abstract", "original_title", "original_abstract", "text_from"),
    *("authors", "organization", "categories", "keywords"),
    *("url", "pdf_url", "code_url", "project_url", "published_on", "votes", "comments", "stars"),
)
_FACTS = ("url", "pdf_url", "code_url", "project_url", "organization", "published_on", "votes", "comments", "stars")


@lru_cache(maxsize=4 * BATCH)
def _title(written: str) -> str:
    return clean(written)


@lru_cache(maxsize=4 * BATCH)
def _key(written: str) -> str:
    return title_key(_title(written))


def _objection(record: Record) -> Rejection | None:
    title = _title(record.title)
    if not title:
        return Rejection("(no title)", "has no title")
    if len(title) > LONGEST_TITLE:
        return Rejection(title[:80], f"has a title of {len(title):,} characters; an abstract may have slipped into it")
    if len(record.abstract) > LONGEST_ABSTRACT:
        return Rejection(title[:80], f"has an abstract of {len(record.abstract):,} characters, more than any abstract")
    return None


def _may_be_the_same(paper: Paper, record: Record) -> bool:
    """Two works may share a title: other ids or other people tell them apart."""
    if paper.arxiv_id and record.arxiv_id and paper.arxiv_id != record.arxiv_id:
        return False
    if paper.doi and record.doi and paper.doi != record.doi and not (paper.arxiv_id or record.arxiv_id):
        return False
    ours, theirs = surnames(paper.authors), surnames(record.authors)
    return not ours or not theirs or bool(ours & theirs)


def _take_text(paper: Paper, record: Record, kind: str) -> None:
    paper.original_title, paper.title = record.title, _title(record.title)
    paper.title_key = _key(record.title)
    if record.abstract:
        paper.original_abstract, paper.abstract = record.abstract, clean(record.abstract)
    if record.authors:
        paper.authors = _people(record)
    paper.text_from = kind


def _people(record: Record) -> list[str]:
    """Return the names as people write them; feeds keep TeX accents, most names have none."""
    return [clean(name) if "\\" in name or "$" in name else name for name in record.authors]


def _take_facts(paper: Paper, record: Record) -> None:
    """Fill what the record knows; nothing known is ever forgotten because a source is silent about it."""
    for name in _FACTS:
        value: Any = getattr(record, name)
        if value not in (None, ""):
            setattr(paper, name, value)
    for name in ("categories", "keywords"):
        if values := getattr(record, name):
            setattr(paper, name, list(values))
    if record.authors and not paper.authors:
        paper.authors = _people(record)
    if record.abstract and not paper.abstract:
        paper.original_abstract, paper.abstract = record.abstract, clean(record.abstract)
    paper.identity = _identity(paper)


def identify(paper: Paper) -> None:
    """Set what a paper is known by, from its ids and its title."""
    paper.arxiv_id, paper.doi = paper.arxiv_id or None, paper.doi or None
    paper.title_key = _key(paper.title)
    paper.identity = _identity(paper)


def _identity(paper: Paper) -> str:
    if paper.arxiv_id:
        return f"arxiv:{paper.arxiv_id}"
    return f"doi:{paper.doi}"[:255] if paper.doi else f"title:{paper.title_key}"
