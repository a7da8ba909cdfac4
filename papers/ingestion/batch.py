"""Some hundred records at once: a query for each kind of identity, then one write for each kind of row."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Sequence
from operator import attrgetter

from papers.ahead import Study
from papers.ingestion.merging import WRITTEN, may_be_the_same, objection, take_facts, take_text
from papers.ingestion.rows import blank_paper, ids_by, insert, insert_papers
from papers.ingestion.tally import Tally
from papers.ingestion.topics import assign_topics, find_topics
from papers.models import Paper, VoteSnapshot
from papers.sources import Record, Rejection
from papers.text import surnames

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
_WRITTEN = attrgetter(*WRITTEN)
# Answers of these hold old papers too; what is older than this belongs to its own day, not to today's digest.
HOLD_OLD_PAPERS = frozenset({"arxiv-api", "arxiv-oai", "feed"})
OLD = dt.timedelta(days=14)


class Batch:
    """Some hundred records and the papers that they may mean, found with one query for each kind of identity."""

    def __init__(self, kind: str, day: dt.date, now: dt.datetime, study: Study, tally: Tally) -> None:
        self.kind, self.day, self.now, self.study, self.tally = kind, day, now, study, tally
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
            rejection = item if isinstance(item, Rejection) else objection(item, self.study)
            if rejection:
                self.tally.reject(rejection)
            elif isinstance(item, Record):
                yield item

    def _look_up(self, records: Sequence[Record]) -> None:
        pks = ids_by("arxiv_id", {record.arxiv_id for record in records if record.arxiv_id})
        pks |= ids_by("doi", {record.doi for record in records if record.doi})
        pks |= ids_by("title_key", {self.study.key(record.title) for record in records})
        if pks:
            # Of two rows of one title the one that readers see is meant, not the one that was joined to it.
            for paper in Paper.objects.defer("vector").filter(pk__in=pks).order_by("is_hidden", "pk"):
                self._remember(paper)

    def _remember(self, paper: Paper) -> None:
        if paper.arxiv_id:
            self.by_arxiv[paper.arxiv_id] = paper
        if paper.doi:
            self.by_doi[paper.doi] = paper
        same_title = self.by_title.setdefault(paper.title_key, [])
        if not any(paper is other for other in same_title):
            same_title.append(paper)

    def _apply(self, record: Record) -> None:
        paper = self._find(record)
        if paper is None:
            paper = blank_paper(featured_on=self._day_of(record), is_sample=self.kind == "sample")
            self._tell(paper, record)
            self.retold[id(paper)] = paper
            if record.votes is not None:
                self.voted[id(paper)] = paper
            if any(other.identity == paper.identity for other in self.by_title.get(paper.title_key, ())):
                people = " ".join(sorted(surnames(paper.authors)))
                paper.identity += f":{hashlib.sha256(people.encode()).hexdigest()[:16]}"
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
            (paper for paper in self.by_title.get(self.study.key(record.title), ()) if may_be_the_same(paper, record)),
            None,
        )

    def _update(self, paper: Paper, record: Record) -> bool:
        before = _WRITTEN(paper)
        self._tell(paper, record)
        after = _WRITTEN(paper)
        if after == before:
            return False
        changes = {name for name, was, now in zip(WRITTEN, before, after, strict=True) if was != now}
        if changes & {"title", "abstract", "categories", "keywords"}:
            self.retold[id(paper)] = paper
        if changes & {"title", "abstract"}:
            paper.vector_version = ""
        if "votes" in changes:
            self.voted[id(paper)] = paper
        return True

    def _tell(self, paper: Paper, record: Record) -> None:
        self._take_identity(paper, record)
        if self._may_tell(paper, record):
            take_text(paper, record, self.kind, self.study)
        take_facts(paper, record, self.study)

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
        for paper in self.new:
            paper.created_at = paper.updated_at = self.now
        insert_papers(self.new, self.study)
        for paper in self.changed.values():
            paper.updated_at = self.now
        if self.changed:
            Paper.objects.bulk_update(
                self.changed.values(), [*WRITTEN, "is_hidden", "vector_version", "updated_at"], batch_size=100
            )
        insert(VoteSnapshot, ["paper_id", "at", "votes"], self._snapshots())
        find_topics(self.new, self.study)
        new = {id(paper) for paper in self.new}
        assign_topics([paper for key, paper in self.retold.items() if key not in new], self.study)

    def _snapshots(self) -> Iterator[tuple[int, dt.datetime, int]]:
        """Yield the votes that came; a paper may come twice in an archive, and its votes twice at the same moment."""
        new = {paper.pk for paper in self.new}
        voted = {paper.pk: paper.votes for paper in self.voted.values()}
        known = VoteSnapshot.objects.filter(at=self.now, paper__in=voted.keys() - new)
        for pk in sorted(voted.keys() - set(known.values_list("paper", flat=True))):
            yield pk, self.now, voted[pk]
