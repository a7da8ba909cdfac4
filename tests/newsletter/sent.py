"""A reader with a digest that left an hour ago."""

import datetime as dt

from newsletter.models import Digest, Edition
from papers.models import Paper
from subscribers.models import Subscriber

NOW = dt.datetime(2026, 3, 2, 8, tzinfo=dt.UTC)
CONFIRMED = NOW - dt.timedelta(days=60)


def make_paper(number=1, **values):
    values = {"url": f"https://papers.example/{number}", **values}
    return Paper.objects.create(
        identity=f"test:{number}",
        title_key=f"a study {number}",
        title=f"A study of small things, part {number}",
        featured_on=NOW.date(),
        **values,
    )


def make_reader(number=1, *, tracking="granted", state="active"):
    return Subscriber.objects.create(
        email=f"reader{number}@there.example", state=state, confirmed_at=CONFIRMED, tracking=tracking
    )


def make_digest(reader, *papers, state="sent", day=None):
    edition, _made = Edition.objects.get_or_create(
        day=day or NOW.date(), defaults={"expires_at": NOW + dt.timedelta(days=1)}
    )
    sent_at = NOW - dt.timedelta(hours=1)
    return Digest.objects.create(
        edition=edition,
        subscriber=reader,
        picks=[{"paper": paper.pk, "reason": {"kind": "topic", "value": "Vision"}} for paper in papers],
        state=state,
        reason="its worker fell silent" if state == "unknown" else "",
        not_before=sent_at,
        sending_at=sent_at,
        sent_at=sent_at if state == "sent" else None,
    )
