"""What an editor wants to know in the morning; it only reads."""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Count, Max, Min, Q
from django.utils.translation import gettext as _

from newsletter.models import Digest, Edition, Event, Pulse
from papers.models import Paper, Source
from subscribers import letters, throttle
from subscribers.models import Subscriber

_WEEK = dt.timedelta(days=7)
# A worker looks every 15 seconds; after this long none is running.
_SILENT = dt.timedelta(minutes=5)
# A digest that could have left and has not for so long, or a person who waits for a confirmation.
_LATE, _WAITED_FOR = dt.timedelta(minutes=10), dt.timedelta(minutes=2)
# Read each half hour; three times missed is no accident.
_UNREAD = dt.timedelta(minutes=100)
# A stranger's report is refused too: while good ones come within the hour, nothing is wrong.
_TAKEN_WITHIN = dt.timedelta(hours=1)
# A mail host may put off a few letters; a fifth of an edition is about us.
_MOST_PUT_OFF, _LEAST_PUT_OFF = 0.2, 50
_ALARMING_COMPLAINTS, _LEAST_COMPLAINTS = 0.001, 2
# All that came back is counted of so many digests (of half a million it took 1.9 s); of more, that of so many readers.
_COUNTED, _ASKED = 20_000, 10_000


@dataclass(frozen=True, slots=True)
class Readers:
    active: int
    waiting: int
    joined: int
    left: int


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an edition's way; `share` is a percentage: of those due for what was sent, else of what was sent."""

    name: str
    count: int
    share: int | None
    is_about: bool = False  # counted among some of the readers

    @property
    def figure(self) -> str:
        return _("about %s") % f"{self.count:,}" if self.is_about else f"{self.count:,}"


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the editor should know: what happened, what it means, and where to act."""

    text: str
    url_name: str = ""
    pk: int | None = None


def readers(*, now: dt.datetime) -> Readers:
    """Count who reads, who has yet to confirm, and who came and went within a week."""
    state, since = Subscriber.State, now - _WEEK
    counted = Subscriber.objects.aggregate(
        active=Count("pk", filter=Q(state=state.ACTIVE)),
        waiting=Count("pk", filter=Q(state=state.PENDING)),
        joined=Count("pk", filter=Q(confirmed_at__gte=since)),
        left=Count("pk", filter=Q(left_at__gte=since)),
    )
    return Readers(**counted)


def funnel(edition: Edition) -> list[Step]:
    """Return the way of an edition from the readers who were due to the clicks of people, each reader counted once.

    What came back for a large edition is about so many; bounces and complaints are counted to the last one.
    """
    sent, due = edition.glance().get(Digest.State.SENT, 0), edition.candidate_count - edition.excluded_count
    is_large = due > _COUNTED
    events = Counter(_came_back_about(edition, due) if is_large else _came_back(edition)) + Counter(edition.gone())
    delivered = events.get(Event.Kind.DELIVERED, 0)
    began = [Step(_("due"), due, None), Step(_("sent"), sent, _percent(sent, due))]
    steps = [
        *([(_("delivered"), delivered, is_large)] if delivered else []),  # one's own mail server reports no arrivals
        (_("opened"), events.get(Event.Kind.OPENED, 0), is_large),
        # The links of an announcement are its editor's own, and lead straight there.
        *([] if edition.announcement_id else [(_("clicked"), events.get(Event.Kind.CLICKED, 0), is_large)]),
        (_("bounced"), events.get(Event.Kind.BOUNCED, 0), False),
        (_("complained"), events.get(Event.Kind.COMPLAINED, 0), False),
    ]
    return began + [Step(name, count, _percent(count, sent), is_about) for name, count, is_about in steps]


def _came_back(edition: Edition) -> dict[str, int]:
    # From the first morning at the date line on: without it, every event that ever came would be looked at.
    begin = dt.datetime.combine(edition.day, dt.time(), dt.UTC) - dt.timedelta(days=1)
    return Event.objects.filter(digest__edition=edition, at__gte=begin).of_people()


def _came_back_about(edition: Edition, due: int) -> dict[str, int]:
    """Ask some ten thousand readers, drawn by lot and the same at each look, and tell of all by them."""
    newest = Subscriber.objects.aggregate(newest=Max("pk"))["newest"] or 1
    # Of the numbers up to the newest some are nobody's, or nobody's who was due.
    drawn = min(newest * _ASKED // due, 3 * _ASKED, newest)
    some = random.Random(edition.pk).sample(range(1, newest + 1), drawn)  # noqa: S311
    asked = Event.objects.filter(digest__edition=edition, digest__subscriber__in=some).of_people()
    counted = {
        Event.Kind.BOUNCED: edition.digests.filter(bounced_at__isnull=False).count(),
        Event.Kind.COMPLAINED: edition.digests.filter(complained_at__isnull=False).count(),
    }
    return {kind: min(due, _two_digits(count * newest / drawn)) for kind, count in asked.items()} | counted


def _two_digits(number: float) -> int:
    """Return a number as far as ten thousand readers know it: what a fifth of all did, to one part in fifty."""
    return int(float(f"{number:.2g}"))


def _percent(part: int, whole: int) -> int | None:
    return round(100 * part / whole) if whole else None


def next_digest_at() -> dt.datetime | None:
    """Return when the next reader is due, None when there is no reader."""
    return Subscriber.objects.active().aggregate(at=Min("next_digest_at"))["at"]


def warnings(*, now: dt.datetime) -> list[Notice]:
    """Return what needs a person, the most urgent first."""
    seen = Pulse.seen()
    at_once = [*_idle(seen, now), *_obstacles(seen, now), *_waiting(now), *_put_off(now), *_stopped()]
    later = [
        *_sources(),
        *_papers(now),
        *_doubtful(now),
        *_missed(now),
        *_complaints(),
        *_unread(seen, now),
        *_refused(seen, now),
        *_attack(now),
    ]
    return at_once + later


def _idle(seen: dict[str, Pulse], now: dt.datetime) -> list[Notice]:
    pulse = seen.get(Pulse.WORK)
    if pulse is None:
        return [Notice(_("No worker has run yet: digests are neither chosen nor sent. Start one."))]
    if now - pulse.at <= _SILENT:
        return []
    said = _("No worker has looked for due digests since %(at)s. Nothing is sent until one runs again.")
    return [Notice(said % {"at": _moment(pulse.at)})]


def _moment(at: dt.datetime) -> str:
    return f"{at:%d %B, %H:%M} UTC"


def _obstacles(seen: dict[str, Pulse], now: dt.datetime) -> list[Notice]:
    """Tell what a worker met within the last minutes; it goes on trying, so an obstacle that is gone is not told."""
    texts = {
        Pulse.TURNED_AWAY: _(
            "The mail server could not be used at %(at)s (%(said)s). Letters wait, and leave by themselves when it can."
        ),
        Pulse.DISK_FULL: _(
            "A worker could not write to its VAR_DIR at %(at)s (%(said)s). Nothing leaves it until it can."
        ),
    }
    met = [(text, seen[name]) for name, text in texts.items() if name in seen and now - seen[name].at <= _SILENT]
    return [Notice(text % {"at": _moment(pulse.at), "said": pulse.said}) for text, pulse in met]


def _waiting(now: dt.datetime) -> list[Notice]:
    digest, letter = Digest.objects.all().overdue_since(), letters.waited_for_since(now=now)
    notices = []
    if letter and now - letter > _WAITED_FOR:
        notices.append(_("Somebody has waited for a confirmation or another account letter since %(at)s."))
        notices[-1] %= {"at": _moment(letter)}
    if digest and now - digest > _LATE:
        notices.append(_("The first of the digests that are due has waited since %(at)s.") % {"at": _moment(digest)})
    return [Notice(text) for text in notices]


def _put_off(now: dt.datetime) -> list[Notice]:
    said = _("%(count)d digests of %(edition)s were put off and are tried again later; the last answer was %(answer)s.")
    notices = []
    for edition in Edition.objects.on_its_way():
        put_off = edition.digests.put_off(now=now)
        count = put_off.count()
        if count >= max(_LEAST_PUT_OFF, edition.candidate_count * _MOST_PUT_OFF):
            answer = put_off.exclude(last_code="").values_list("last_code", flat=True).first() or _("none: our budget")
            words = said % {"count": count, "edition": edition, "answer": answer}
            notices.append(Notice(words, "edition", edition.pk))
    return notices


def _unread(seen: dict[str, Pulse], now: dt.datetime) -> list[Notice]:
    """Tell that bounces pile up; before the first try nobody knows."""
    read, failed = seen.get(Pulse.BOUNCES_READ), seen.get(Pulse.BOUNCES_UNREAD)
    if not settings.BOUNCE_MAILBOX or (read and now - read.at <= _UNREAD) or not (read or failed):
        return []
    said = _("The mailbox of bounces was last read on %(at)s: who cannot be reached is not noticed. %(said)s")
    return [Notice(said % {"at": _moment(read.at) if read else "—", "said": failed.said if failed else ""})]


def _refused(seen: dict[str, Pulse], now: dt.datetime) -> list[Notice]:
    """Tell that a provider's reports are turned away at our door, until a good one comes or a week is over."""
    refused, taken = seen.get(Pulse.REPORT_REFUSED), seen.get(Pulse.REPORT_TAKEN)
    if not refused or now - refused.at > _WEEK or (taken and refused.at - taken.at < _TAKEN_WITHIN):
        return []
    said = _(
        "A report about letters was refused on %(at)s (%(said)s); the last good one came on %(taken)s. If it was the "
        "provider and no stranger, bounces and complaints go unnoticed until its webhook and ANYMAIL agree."
    )
    words = {"at": _moment(refused.at), "said": refused.said, "taken": _moment(taken.at) if taken else "—"}
    return [Notice(said % words)]


def _stopped() -> list[Notice]:
    said = _("%(edition)s is stopped: %(reason)s")
    return [
        Notice(said % {"edition": edition, "reason": edition.paused_reason}, "edition", edition.pk)
        for edition in Edition.objects.open().filter(is_paused=True)
    ]


def _sources() -> list[Notice]:
    said = _("%(source)s is %(freshness)s: new papers may be missing.")
    return [
        Notice(said % {"source": source, "freshness": source.get_freshness_display()}, "source", source.pk)
        for source in Source.objects.troubled()
    ]


def _papers(now: dt.datetime) -> list[Notice]:
    if Paper.objects.published().filter(featured_on__gte=(now - dt.timedelta(days=3)).date()).exists():
        return []
    return [Notice(_("No paper came in the last three days. Readers get quiet days until a source brings some."))]


def _doubtful(now: dt.datetime) -> list[Notice]:
    day = (now - dt.timedelta(days=2)).date()
    newest = Edition.objects.filter(day__gte=day)
    # In both words, and the editions first: so the index of the few that were not sent answers.
    held = Digest.objects.not_sent().filter(edition__in=list(newest), state="failed", reason__startswith="ambiguous")
    count = held.count()
    if not count:
        return []
    return [Notice(_("%(count)d digests may or may not have arrived. They are not sent again.") % {"count": count})]


def _missed(now: dt.datetime) -> list[Notice]:
    """Tell who got nothing because no worker ran in time, or because a stopped edition was not resumed."""
    said = _("%(count)d readers got no digest of %(edition)s: it was too late when it could have been sent.")
    notices = []
    for edition in Edition.objects.filter(day__gte=(now - dt.timedelta(days=2)).date()):
        late = Q(reason__startswith="missed") | Q(reason__startswith="expired")
        if count := edition.digests.not_sent().filter(late).count():
            notices.append(Notice(said % {"count": count, "edition": edition}, "edition", edition.pk))
    return notices


def _complaints() -> list[Notice]:
    """Tell of the newest day's editions: its digests, and its announcements if any."""
    said = _("%(count)d of %(sent)d readers called %(edition)s spam. Mail hosts block at three in a thousand.")
    begun = Edition.objects.filter(candidate_count__gt=0)
    notices = []
    for edition in begun.filter(day__in=begun.order_by("-day").values("day")[:1]):
        complained = edition.digests.filter(complained_at__isnull=False).count()
        if complained < _LEAST_COMPLAINTS:
            continue
        sent = edition.glance().get(Digest.State.SENT, 0)
        if complained > sent * _ALARMING_COMPLAINTS:
            words = said % {"count": complained, "sent": sent, "edition": edition}
            notices.append(Notice(words, "edition", edition.pk))
    return notices


def _attack(now: dt.datetime) -> list[Notice]:
    if not throttle.is_under_attack(now=now):
        return []
    return [Notice(_("Somebody signs up addresses of others: the shield is up until it ends. Readers notice nothing."))]
