"""Digests that nobody is sent: what a reader would get, and what a visitor could get."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

from django.db import transaction
from django.http import QueryDict
from django.utils.translation import gettext as _

from mail.letter import Letter
from mail.transport import deliver
from newsletter.building.choosing import Choosing, candidates_of
from newsletter.building.newcomers import newcomers, newness
from newsletter.models import Announcement, Digest, Edition
from newsletter.models.picks import read_picks
from newsletter.preparing import papers_by_id, prepare, reason_of, words_of
from newsletter.rendering import EditionContents, Issue, Item, Press
from papers.days import newest
from papers.models import Topic
from papers.ranking import Taste, rank
from subscribers.models import Subscriber

# A letter styles itself inside its tags, runs nothing and loads nothing; only our own pages may frame it.
LETTER_POLICY = {
    "default-src": ["'none'"],
    "style-src": ["'unsafe-inline'"],
    "img-src": ["'self'"],
    "frame-ancestors": ["'self'"],
    # These two do not follow from the first.
    "form-action": ["'none'"],
    "base-uri": ["'none'"],
}
_DARK = re.compile(r"@media \(prefers-color-scheme: ?dark\)")
_WEIGHTS = {"-2", "-1", "1", "2"}


def digest_for(reader: Subscriber, day: dt.date, *, now: dt.datetime) -> Letter:
    """Return the reader's digest of a day: the one that was made, else as it would be made now; nothing is kept."""
    with transaction.atomic():
        edition = Edition.objects.of_day(day)
        digest = Digest.objects.filter(edition=edition, subscriber=reader).first()
        if digest is None:
            (choice,) = Choosing(now=now).choices(edition, [reader])
            chosen = {"picks": read_picks(choice.picks), "topics": choice.topics}
            row = Subscriber.objects.filter(pk=reader.pk).annotate(**newness(now))
            digest = Digest(edition=edition, subscriber=reader, **chosen, is_first=bool(newcomers(row)))
        press = prepare(edition, [digest], now=now)
        transaction.set_rollback(True)
    return press.letter(press.issues[0])


def circular(announcement: Announcement, *, to: str, language: str, now: dt.datetime) -> Letter:
    """Return an announcement as its readers would get it; its links open nothing."""
    return Press(words_of(announcement, now.date()), now=now).letter(Issue(0, to, 0, language=language))


def try_out(letter_to: Callable[[str], Letter], *, address: str) -> tuple[bool, str]:
    """Send a letter to one of the staff; return whether it left, and what to tell them."""
    if not address:
        return False, _("Your account has no email address. Give it one under Users, then try again.")
    (outcome,) = deliver([letter_to(address)], is_urgent=True)
    if outcome.kind == "accepted":
        return True, _("The letter is on its way to you.")
    return False, _("The mail server did not take it: %(why)s") % {"why": outcome.text}


def sample(taste: Taste, *, size: int, language: str, now: dt.datetime) -> Letter:
    """Return a digest of the newest papers for somebody of this taste, whoever it is."""
    day = newest(today=now.date()) or now.date()
    topic_names = dict(Topic.objects.values_list("slug", "name"))
    candidates = candidates_of(day)
    picks = rank(candidates, taste, limit=size)
    papers = papers_by_id([pick.id for pick in picks])
    items = [
        Item(papers[pick.id], reason_of(pick.reason.kind, pick.reason.value, topic_names))
        for pick in picks
        if pick.id in papers
    ]
    total = sum(candidate.age_days == 0 for candidate in candidates)
    press = Press(EditionContents(day=day, total=total), now=now)
    issue = Issue(
        0,
        "reader@example.org",
        0,
        language=language,
        items=tuple(items),
        topics=sum(weight > 0 for weight in taste.topics.values()),
    )
    return press.letter(issue)


def taste_of_query(query: QueryDict) -> Taste:
    """Return the taste that the fields of the sign-up form (topics) or of the preferences (topic-<id>) ask for."""
    followed = set(",".join(query.getlist("topics")).split(","))
    weights = {}
    for topic in Topic.objects.filter(is_active=True):
        weight = query.get(f"topic-{topic.pk}", "1" if topic.slug in followed else "")
        if weight in _WEIGHTS:
            weights[topic.slug] = int(str(weight))
    return Taste(topics=weights, keywords=_terms(query, "keywords"), authors=_terms(query, "authors"))


def _terms(query: QueryDict, name: str) -> tuple[str, ...]:
    terms = (term.strip() for term in re.split(r"[\n,;]", query.get(name, "")))
    return tuple(term[:80] for term in terms if term)[:50]


def themed(html: str, theme: str) -> str:
    """Return a letter's HTML that is light or dark whatever the device prefers; another theme leaves it as it is."""
    media = {"dark": "@media all", "light": "@media not all"}.get(theme)
    return _DARK.sub(media, html) if media else html
