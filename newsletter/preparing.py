"""Everything the press needs, read in a handful of queries for any number of digests."""

from __future__ import annotations

import datetime as dt
import itertools
import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from django.db.models import Count, Q, QuerySet
from django.utils.encoding import iri_to_uri

from mail.encoding import one_line
from mail.links import absolute
from newsletter.models import Announcement, Digest, Edition, Held
from newsletter.models.picks import read_pick, write_picks
from newsletter.models.statement import Given, select
from newsletter.rendering import EditionContents, Issue, Item, PaperContents, Press, Words
from papers.models import Paper, PaperTopic, Topic
from papers.ranking import Reason
from subscribers.models import Subscriber, TopicPreference

_HEADLINES = 30  # of a day: enough that eight remain for a reader who got the best twenty
_KEPT_SECONDS = 20
_MOST_ITEMS = 20_000  # "because you opened …" has as many values as there are titles


def prepare(
    edition: Edition, digests: Iterable[Digest | Held], *, now: dt.datetime, stock: Stock | None = None
) -> Press:
    """Return the press with the edition and these digests as plain values (`press.issues`, in their order).

    A digest whose reader was deleted has no issue. `now` is the Date of the letters and the age of their links.
    """
    digests = [digest for digest in digests if digest.subscriber_id is not None]
    shelf = (stock or Stock()).shelf(edition, now=now)
    items = shelf.items_of(digests)
    readers = _Readers(digests, is_announcement=edition.announcement_id is not None)
    return shelf.press.with_issues(readers.issue(*pair) for pair in zip(digests, items, strict=True))


class Stock:
    """What the batches of an edition share, kept for twenty seconds; an editor's change shows that much later at most.

    Reading and printing it for every batch of 200 cost as much as the letters themselves.
    """

    def __init__(self) -> None:
        self._shelves: dict[tuple[int | None, dt.datetime], _Shelf] = {}

    def shelf(self, edition: Edition, *, now: dt.datetime) -> _Shelf:
        key = (edition.pk, now)
        shelf = self._shelves.get(key)
        if shelf is None or not shelf.is_fresh(edition):
            shelf = self._shelves[key] = _Shelf(edition, now=now)
        return shelf


class _Shelf:
    """One edition's papers and its press."""

    def __init__(self, edition: Edition, *, now: dt.datetime) -> None:
        self._read_at = time.monotonic()
        self._note = edition.note
        headlines = [] if edition.announcement else _headlines(edition.day)
        self._papers = papers_by_id(headlines)
        self._asked = set(headlines)
        self._topic_names = dict(Topic.objects.values_list("slug", "name"))
        self._items: dict[str, Item | None] = {}  # by the pick's line; None: its paper was taken back
        best = tuple(self._papers[pk] for pk in headlines if pk in self._papers)
        self.press = Press(_contents_of(edition, best), now=now)

    def is_fresh(self, edition: Edition) -> bool:
        return edition.note == self._note and time.monotonic() - self._read_at < _KEPT_SECONDS

    def items_of(self, digests: Sequence[Digest | Held]) -> list[tuple[Item, ...]]:
        """Return each digest's picks in order; a paper that was taken back since it was chosen is left out."""
        if len(self._items) > _MOST_ITEMS:
            self._items.clear()
        kept = [digest.picks if isinstance(digest.picks, str) else write_picks(digest.picks) for digest in digests]
        choices = [text.splitlines() for text in kept]
        if new := set(itertools.chain.from_iterable(choices)) - self._items.keys():
            self._take_in(new)
        items = self._items
        return [tuple([item for line in lines if (item := items[line])]) for lines in choices]

    def _take_in(self, lines: Collection[str]) -> None:
        picks = {line: read_pick(line) for line in lines}
        if new := {paper for paper, *_reason in picks.values()} - self._asked:
            self._papers |= papers_by_id(new)
            self._asked |= new
        for line, (paper, kind, value, _marks) in picks.items():
            found = self._papers.get(paper)
            self._items[line] = Item(found, reason_of(kind, value, self._topic_names)) if found else None


def _contents_of(edition: Edition, headlines: tuple[PaperContents, ...]) -> EditionContents:
    if edition.announcement:
        return words_of(edition.announcement, edition.day)
    return EditionContents(edition.day, *_totals(edition.day), _lines(edition.note), headlines)


def words_of(announcement: Announcement, day: dt.date) -> EditionContents:
    """Return an announcement as its letters show it."""
    return EditionContents(day, words=Words(one_line(announcement.subject), _lines(announcement.text)))


def reason_of(kind: str, value: str, topic_names: Mapping[str, str]) -> Reason:
    """Return a reason as a letter tells it: a topic by its name, which is kept by its slug."""
    return Reason(kind, one_line(topic_names.get(value, value) if kind == "topic" else value))


def papers_by_id(ids: Collection[int]) -> dict[int, PaperContents]:
    """Return the published papers among these as letters show them; two queries."""
    names, slugs = defaultdict(list), defaultdict(set)
    links = PaperTopic.objects.filter(paper__in=ids).order_by("-confidence")
    for pk, slug, name in links.values_list("paper", "topic__slug", "topic__name"):
        names[pk].append(one_line(name))
        slugs[pk].add(slug)
    rows = Paper.objects.published().filter(pk__in=ids).values_list(*_COLUMNS, named=True)
    return {row.pk: _paper(row, names[row.pk], slugs[row.pk]) for row in rows}


_COLUMNS = (
    "pk",
    "title",
    "abstract",
    "authors",
    "url",
    "pdf_url",
    "code_url",
    "project_url",
    "votes",
    "featured_on",
)


def _paper(row, names: Sequence[str], slugs: Collection[str]) -> PaperContents:
    return PaperContents(
        id=row.pk,
        title=one_line(row.title) or "?",
        url=web_address(row.url) or absolute(f"/paper/{row.pk}/"),
        abstract=one_line(row.abstract),
        authors=tuple(one_line(str(name)) for name in row.authors),
        topics=tuple(names[:3]),
        topic_slugs=frozenset(slugs),
        pdf_url=web_address(row.pdf_url),
        code_url=web_address(row.code_url),
        project_url=web_address(row.project_url),
        votes=row.votes,
        day=row.featured_on,
    )


def web_address(url: str) -> str:
    """Return the address if it leads to the web and is one word, else nothing: a source may say anything."""
    url = one_line(url)
    return iri_to_uri(url) if url.lower().startswith(("https://", "http://")) and " " not in url else ""


def _lines(note: str) -> str:
    return "\n".join(map(one_line, note.strip().splitlines()))


def _totals(day: dt.date) -> tuple[int, int]:
    """Return how many papers came on the day, and in the seven days up to it."""
    week = Paper.objects.published().featured_between(day - dt.timedelta(days=6), day)
    counted = week.aggregate(total=Count("pk", filter=Q(featured_on=day)), week_total=Count("pk"))
    return counted["total"], counted["week_total"]


def _headlines(day: dt.date) -> list[int]:
    papers = Paper.objects.published().filter(featured_on=day).order_by("-trend", "-votes", "id")
    return list(papers.values_list("pk", flat=True)[:_HEADLINES])


class _Readers:
    """The readers of some digests, as rows: two queries for any number of them, a third for an announcement."""

    def __init__(self, digests: Sequence[Digest | Held], *, is_announcement: bool) -> None:
        ids = {digest.subscriber_id for digest in digests}
        self._rows = {row[0]: row for row in _letter_facts(Subscriber.objects.all(), readers=ids)}
        self._mutes: dict[int, set[str]] = defaultdict(set)
        for pk, slug in _mutes_of(TopicPreference.objects.all(), readers=ids):
            self._mutes[pk].add(slug)
        # Who has taken the wish back since the row was made.
        unwilling = Subscriber.objects.filter(pk__within=ids, announcements_since=None)
        self._unwilling = set(unwilling.values_list("pk", flat=True)) if is_announcement else _NOBODY

    def issue(self, digest: Digest | Held, items: tuple[Item, ...]) -> Issue:
        pk, email, language, epoch, tracking, cadence, least, wants_quiet = self._rows[digest.subscriber_id]
        return Issue(
            digest_id=digest.pk or 0,
            to=email,
            subscriber_id=pk,
            epoch=epoch,
            language=language,
            items=items,
            topics=digest.topics,
            muted=frozenset(self._mutes[pk]) if pk in self._mutes else _NOTHING,
            is_tracked=tracking == _GRANTED,
            is_first=bool(digest.is_first),
            is_weekly=cadence == _WEEKLY,
            is_wanted=pk not in self._unwilling and (len(items) >= least or bool(wants_quiet) or not digest.picks),
        )


_NOTHING: frozenset[str] = frozenset()
_NOBODY: frozenset[int] = frozenset()
# Plain texts: a member of an enumeration compares five times as slowly.
_GRANTED, _WEEKLY = Subscriber.Consent.GRANTED.value, Subscriber.Cadence.WEEKLY.value


@select
def _letter_facts(readers: QuerySet) -> QuerySet:
    """What the letters say of their readers."""
    columns = ("pk", "email", "language", "link_epoch", "tracking", "cadence", "min_papers", "wants_quiet_letter")
    return readers.order_by().filter(pk__within=Given("readers")).values_list(*columns)


@select
def _mutes_of(preferences: QuerySet) -> QuerySet:
    muted = preferences.filter(subscriber_id__within=Given("readers"), weight=TopicPreference.Weight.MUTE)
    return muted.values_list("subscriber", "topic__slug")
