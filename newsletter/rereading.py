"""What a reader liked and what they were sent, to be found again."""

from __future__ import annotations

import datetime as dt

from django.db.models import Max

from newsletter import events
from newsletter.models import Digest, Event
from newsletter.taste import PRAISE
from papers.models import Paper
from papers.models.paper import PaperQuerySet
from subscribers.models import Subscriber

MOST_DIGESTS = 60


def liked_by(reader: Subscriber) -> PaperQuerySet:
    """Return the papers that a reader upvoted or asked for more of, the last liked first."""
    liked = Paper.objects.listed().filter(events__subscriber=reader, events__kind__in=PRAISE)
    return liked.annotate(liked_at=Max("events__at")).order_by("-liked_at", "-pk")


def take_back(reader: Subscriber, paper: Paper, *, now: dt.datetime) -> None:
    """Let all that a reader said for a paper be unsaid; its vote no longer counts."""
    said = Event.objects.filter(subscriber=reader, paper=paper, kind__in=PRAISE)
    unsaid = [
        events.Report(
            kind=Event.Kind.UNVOTED,  # under the same key: it takes the place of what was said
            at=now,
            key=event.key,
            digest_id=event.digest_id,
            subscriber_id=reader.pk,
            paper_id=paper.pk,
        )
        for event in said
    ]
    events.record(unsaid, now=now)


def digests_of(reader: Subscriber) -> list[Digest]:
    """Return the newest digests that a reader was sent, newest first."""
    sent = reader.digests.filter(state=Digest.State.SENT).exclude(picks=[])
    return list(sent.select_related("edition").order_by("-sent_at", "-pk")[:MOST_DIGESTS])


def papers_sent_to(reader: Subscriber, *, limit: int) -> list[Paper]:
    """Return the papers of a reader's digests, the newest digest first and each in its order."""
    ids = dict.fromkeys(pick["paper"] for digest in digests_of(reader) for pick in digest.picks)
    newest = list(ids)[:limit]
    known = Paper.objects.listed().in_bulk(newest)
    return [known[pk] for pk in newest if pk in known]
