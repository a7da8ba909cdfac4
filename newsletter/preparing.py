"""Everything the press needs, read in a handful of queries for any number of digests."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import Count, Q
from django.utils.encoding import iri_to_uri

from mail.encoding import one_line
from mail.links import absolute
from newsletter.models import Digest, Edition
from newsletter.rendering import EditionContents, Issue, Item, PaperContents, Press
from papers.models import Paper, PaperTopic, Topic
from papers.ranking import Reason
from subscribers.models import Subscriber, TopicPreference

_HEADLINES = 30  # of a day: enough that eight remain for a reader who got the best twenty
_EARLIER = (Digest.State.SENT, Digest.State.UNKNOWN)


def prepare(edition: Edition, digests: Iterable[Digest], *, now: dt.datetime) -> Press:
    """Return the press with the edition and these digests as plain values (`press.issues`, in their order).

    A digest whose reader was deleted has no issue. `now` is the Date of the letters and the age of their links.
    """
    digests = [digest for digest in digests if digest.subscriber_id is not None]
    headlines = _headlines(edition.day)
    papers = papers_by_id({pick["paper"] for digest in digests for pick in digest.picks} | set(headlines))
    readers = _Readers.of(digests)
    topic_names = dict(Topic.objects.values_list("slug", "name"))
    contents = EditionContents(
        day=edition.day,
        **_totals(edition.day),
        note=_lines(edition.note),
        headlines=tuple(papers[pk] for pk in headlines if pk in papers),
    )
    issues = [readers.issue(digest, _items(digest, papers, topic_names)) for digest in digests]
    return Press(contents, issues, now=now)


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


def _totals(day: dt.date) -> dict[str, int]:
    week = Paper.objects.published().featured_between(day - dt.timedelta(days=6), day)
    return week.aggregate(total=Count("pk", filter=Q(featured_on=day)), week_total=Count("pk"))


def _headlines(day: dt.date) -> list[int]:
    papers = Paper.objects.published().filter(featured_on=day).order_by("-trend", "-votes", "id")
    return list(papers.values_list("pk", flat=True)[:_HEADLINES])


def _items(digest: Digest, papers: dict[int, PaperContents], topic_names: dict[str, str]) -> tuple[Item, ...]:
    """Return the picks in order; a paper that was taken back since it was chosen is left out."""
    return tuple(
        Item(papers[pick["paper"]], _reason(pick.get("reason") or {}, topic_names))
        for pick in digest.picks
        if pick["paper"] in papers
    )


def _reason(stored: dict[str, str], topic_names: dict[str, str]) -> Reason:
    kind, value = str(stored.get("kind", "new")), one_line(str(stored.get("value", "")))
    return Reason(kind, one_line(topic_names.get(value, value)) if kind == "topic" else value)


@dataclass(frozen=True, slots=True)
class _Readers:
    """What the letters say of their readers, by subscriber id."""

    rows: dict[int, Subscriber]
    follows: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    mutes: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    known: frozenset[int] = frozenset()  # those who had a digest before

    @classmethod
    def of(cls, digests: Sequence[Digest]) -> _Readers:
        ids = {digest.subscriber_id for digest in digests}
        columns = ("email", "language", "link_epoch", "tracking", "cadence")
        rows = Subscriber.objects.only(*columns).in_bulk(ids)
        earlier = Digest.objects.filter(subscriber__in=ids, state__in=_EARLIER).values_list("subscriber", flat=True)
        readers = cls(rows, known=frozenset(earlier.distinct()))
        for pk, slug, weight in TopicPreference.objects.filter(subscriber__in=ids).values_list(
            "subscriber", "topic__slug", "weight"
        ):
            if weight > 0:
                readers.follows[pk] += 1
            elif weight == TopicPreference.Weight.MUTE:
                readers.mutes[pk].add(slug)
        return readers

    def issue(self, digest: Digest, items: tuple[Item, ...]) -> Issue:
        reader = self.rows[digest.subscriber_id or 0]
        pk = reader.pk
        return Issue(
            digest_id=digest.pk or 0,
            to=reader.email,
            subscriber_id=pk,
            epoch=reader.link_epoch,
            language=reader.language,
            items=items,
            topics=self.follows[pk],
            muted=frozenset(self.mutes[pk]),
            is_tracked=reader.tracking == Subscriber.Consent.GRANTED,
            is_first=pk not in self.known,
            is_weekly=reader.cadence == Subscriber.Cadence.WEEKLY,
        )
