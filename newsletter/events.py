"""The one door for everything that comes back: bounces, complaints, opens, clicks, wishes.

Each report is kept once, whatever its number of arrivals and their order, and EFFECTS says what it does. A report can
only touch its own digest and the reader of that digest.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.db import IntegrityError, transaction
from django.db.models import Max

from mail.bounces import judge
from mail.encoding import one_line
from mail.transport import Kind as OutcomeKind
from mail.transport import Outcome
from newsletter.models import Digest, Event
from newsletter.models.moves import DigestQuerySet
from papers.models import Paper
from subscribers import leaving
from subscribers.models import Subscriber

Kind = Event.Kind
_LONGEST_KEY = 120
# A mailbox that refused for now so often, with no sign of life between, is dead.
MOST_SOFT_BOUNCES = 5
SOFT_BOUNCES_COUNT_FOR = dt.timedelta(days=14)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One thing that came back. `key` makes a repeated report the same one; of a digest its reader follows.

    `verdict` belongs to bounces: "hard", "soft", "policy" or "content" (mail.bounces). `detail` is for the editor:
    one line, no address.
    """

    kind: Event.Kind
    at: dt.datetime
    key: str
    digest_id: int | None = None
    subscriber_id: int | None = None
    paper_id: int | None = None
    is_machine: bool = False
    verdict: str = ""
    detail: str = ""

    def __post_init__(self) -> None:
        # Any mail server and any reader may have written it: NUL or half a character would keep a whole batch out of
        # the database, and with it all that follows in the mailbox.
        object.__setattr__(self, "detail", one_line(self.detail))


@dataclass(frozen=True, slots=True)
class Effect:
    """What a report does beyond being kept: to its digest, and to its reader."""

    digest: Callable[[DigestQuerySet, dt.datetime], int] | None = None
    reader: Callable[[Subscriber, Report, dt.datetime], object] | None = None
    needs_consent: bool = False
    replaces: bool = False  # a newer report under the same key takes the older one's place
    is_vote: bool = False  # it changes how many of our readers speak for its paper


def _bounced(reader: Subscriber, report: Report, now: dt.datetime) -> None:
    """Stop writing to a dead mailbox; a policy or content refusal is our fault and never the reader's.

    A bounce may come days later, when the reader has moved to another address or proved this one anew: it says nothing
    of that.
    """
    proved = reader.proved_at()
    if proved and Digest.objects.filter(pk=report.digest_id or 0, sent_at__lt=proved).exists():
        return
    if report.verdict == "hard":
        reader.mark_unreachable(now=now, reason=report.detail)
    elif report.verdict == "soft" and _count_soft(reader, proved, now) >= MOST_SOFT_BOUNCES:
        reader.mark_unreachable(now=now, reason=f"refused {MOST_SOFT_BOUNCES} times")


def _complained(reader: Subscriber, _report: Report, now: dt.datetime) -> None:
    leaving.complain(reader, now=now)


def _left(reader: Subscriber, _report: Report, now: dt.datetime) -> None:
    leaving.leave(reader, by="provider", now=now)


EFFECTS: dict[Event.Kind, Effect] = {
    Kind.DELIVERED: Effect(digest=DigestQuerySet.mark_delivered),
    Kind.BOUNCED: Effect(digest=DigestQuerySet.mark_bounced, reader=_bounced),
    Kind.DEFERRED: Effect(),
    Kind.COMPLAINED: Effect(digest=DigestQuerySet.mark_complained, reader=_complained),
    Kind.OPENED: Effect(needs_consent=True),
    Kind.CLICKED: Effect(needs_consent=True),
    Kind.MORE: Effect(replaces=True),
    Kind.LESS: Effect(replaces=True),
    Kind.UPVOTED: Effect(replaces=True, is_vote=True),
    Kind.UNVOTED: Effect(replaces=True, is_vote=True),
    Kind.UNSUBSCRIBED: Effect(reader=_left),
}
# An open is none of them: proxies open everything.
_DEEDS = (Kind.CLICKED, Kind.MORE, Kind.LESS, Kind.UPVOTED)
_SIGNS_OF_LIFE = (Kind.DELIVERED, *_DEEDS)


def record(reports: Iterable[Report], *, now: dt.datetime) -> int:
    """Keep the reports and do what they do; return how many were about a reader or digest that we know.

    Any number of arrivals in any order ends in the same rows. A report of an open or a click of a reader who did not
    agree to be counted is dropped.
    """
    once = _each_once(reports)
    try:
        return _take(once, now)
    except IntegrityError:  # a digest or a reader was deleted between the look and the writing: now the look knows
        return _take(once, now)


def _take(reports: Sequence[Report], now: dt.datetime) -> int:
    known = _known(reports)
    if not known:
        return 0
    with transaction.atomic():
        _keep([report for report in known if not EFFECTS[report.kind].replaces])
        _keep([report for report in known if EFFECTS[report.kind].replaces], replaces=True)
        _mark_digests(known)
        _tell_readers(known, now)
        _see(known)
        _count_votes(known)
    return len(known)


class Whom(NamedTuple):
    """Whom a letter was for."""

    digest_id: int | None = None
    subscriber_id: int | None = None


def whom(letter: str | None) -> Whom:
    """Return whom a letter's key (mail.returning) is about; nobody when it is None or unknown."""
    if letter is None:
        return Whom()
    if letter.startswith("d") and letter[1:].isdecimal() and len(letter) < 20:
        return Whom(digest_id=int(letter[1:]))
    reader = Subscriber.objects.with_address(letter.removeprefix("a:"))
    return Whom(subscriber_id=reader.pk) if reader else Whom()


def report_of(outcome: Outcome, *, digest_id: int, attempt: int, now: dt.datetime) -> Report | None:
    """Return the report of a refusal in the conversation itself, None for any other outcome."""
    if outcome.kind != OutcomeKind.REFUSED or not outcome.code:
        return None
    verdict = judge(outcome.text, code=outcome.code, enhanced=outcome.enhanced)
    return Report(
        kind=Kind.BOUNCED,
        at=now,
        key=key_of("refused", digest_id, attempt),
        digest_id=digest_id,
        verdict=verdict,
        detail=f"{outcome.code} {outcome.text}"[:300],
    )


def key_of(*parts: object) -> str:
    """Return a key of these parts, hashed when it would not fit."""
    key = "/".join(map(str, parts))
    return key if len(key) <= _LONGEST_KEY else hashlib.sha256(key.encode(errors="replace")).hexdigest()


def _each_once(reports: Iterable[Report]) -> list[Report]:
    """Drop repeats; of reports that replace each other the newest stays."""
    found: dict[str, Report] = {}
    for report in sorted(reports, key=lambda report: report.at):
        if report.key not in found or EFFECTS[report.kind].replaces:
            found[report.key] = report
    return list(found.values())


def _known(reports: Sequence[Report]) -> list[Report]:
    """Return the reports about a digest or reader of ours, with the reader filled in."""
    digests = dict(
        Digest.objects.filter(pk__in={report.digest_id for report in reports if report.digest_id}).values_list(
            "pk", "subscriber_id"
        )
    )
    complete = [
        dataclasses.replace(
            report,
            digest_id=report.digest_id if report.digest_id in digests else None,
            subscriber_id=digests.get(report.digest_id or 0, report.subscriber_id),
        )
        for report in reports
    ]
    tracking = dict(
        Subscriber.objects.filter(pk__in={report.subscriber_id for report in complete}).values_list("pk", "tracking")
    )
    return [report for report in complete if _may_be_kept(report, tracking)]


def _may_be_kept(report: Report, tracking: dict[int, str]) -> bool:
    if EFFECTS[report.kind].needs_consent:
        return tracking.get(report.subscriber_id or 0) == Subscriber.Consent.GRANTED
    return report.digest_id is not None or report.subscriber_id in tracking


def _keep(reports: Sequence[Report], *, replaces: bool = False) -> None:
    rows = [
        Event(**{field: getattr(report, field) for field in _FIELDS}, key=report.key[:_LONGEST_KEY])
        for report in reports
    ]
    if replaces:
        Event.objects.bulk_create(rows, update_conflicts=True, unique_fields=["key"], update_fields=["kind", "at"])
    else:
        Event.objects.bulk_create(rows, ignore_conflicts=True)


_FIELDS = ("kind", "at", "digest_id", "subscriber_id", "paper_id", "is_machine", "verdict", "detail")


def _mark_digests(reports: Sequence[Report]) -> None:
    groups: dict[tuple[Event.Kind, dt.datetime], set[int]] = defaultdict(set)
    for report in reports:
        if report.digest_id and EFFECTS[report.kind].digest:
            # To the minute, so that the hundreds of one webhook are a few statements; the event has the exact time.
            groups[report.kind, report.at.replace(second=0, microsecond=0)].add(report.digest_id)
    for (kind, at), ids in groups.items():
        mark = EFFECTS[kind].digest
        assert mark is not None
        mark(Digest.objects.filter(pk__in=ids), at)


def _tell_readers(reports: Sequence[Report], now: dt.datetime) -> None:
    heard = [report for report in reports if report.subscriber_id and EFFECTS[report.kind].reader]
    readers = Subscriber.objects.in_bulk({report.subscriber_id for report in heard})
    for report in heard:
        tell = EFFECTS[report.kind].reader
        reader = readers.get(report.subscriber_id or 0)
        if tell is not None and reader is not None:
            tell(reader, report, now)


def _see(reports: Sequence[Report]) -> None:
    """Keep that readers did something on purpose."""
    seen: dict[int, dt.datetime] = {}
    for report in reports:
        if report.kind in _DEEDS and not report.is_machine and report.subscriber_id:
            seen[report.subscriber_id] = max(report.at, seen.get(report.subscriber_id, report.at))
    for pk, at in seen.items():
        Subscriber.objects.filter(pk=pk).mark_seen(now=at)


def _count_votes(reports: Sequence[Report]) -> None:
    """Write how many of our readers upvoted each paper; it is counted anew, so no arrival counts twice."""
    for pk in {report.paper_id for report in reports if report.paper_id and EFFECTS[report.kind].is_vote}:
        votes = Event.objects.filter(paper=pk, kind=Kind.UPVOTED).count()
        Paper.objects.filter(pk=pk).update(reader_votes=votes)


def _count_soft(reader: Subscriber, proved: dt.datetime | None, now: dt.datetime) -> int:
    """Count the days with a soft bounce in the last 14 days, since the last sign of life or proof of the address."""
    mine = Event.objects.filter(subscriber=reader)
    alive = mine.filter(kind__in=_SIGNS_OF_LIFE, is_machine=False).aggregate(at=Max("at"))["at"]
    since = max(filter(None, [alive, proved, now - SOFT_BOUNCES_COUNT_FOR]))
    soft = mine.filter(kind=Kind.BOUNCED, verdict="soft", at__gt=since)
    return len(set(soft.values_list("at__date", flat=True)))
