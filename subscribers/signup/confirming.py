"""The owner of the address says yes: the ask becomes a reader with these wishes."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from papers.models import Topic
from subscribers import letters, tokens
from subscribers.models import LINK_LIFE, Ask, ConsentRecord, Notice, Subscriber, TopicPreference
from subscribers.preferences import agree_to_announcements, announcements_wording

# A second press of the button within this time is the same person; later, a used link opens nothing.
_SAME_VISIT = dt.timedelta(hours=1)


class UsedLink(Exception):
    """The link did its work before, or what it asked for was taken back since."""


def read_link(token: str, *, now: dt.datetime) -> Ask:
    """Return what a confirmation link is about; raise BadToken, ExpiredToken, Ask.DoesNotExist."""
    claim = tokens.read(tokens.Purpose.CONFIRM, token, now=now, max_age=LINK_LIFE)
    return Ask.objects.select_related("subscriber").get(pk=claim.subject, subscriber__isnull=False)


def confirm(ask: Ask, *, now: dt.datetime) -> Subscriber:
    """Make the ask's reader active with what was asked for; raise UsedLink. Pressing twice is pressing once."""
    reader = _reader_of(ask)
    if ask.confirmed_at and now - ask.confirmed_at < _SAME_VISIT and reader.state == reader.State.ACTIVE:
        return reader
    if not is_usable(ask):
        raise UsedLink
    with transaction.atomic():
        if not ask.mark_confirmed(now=now):
            raise UsedLink
        _apply(ask.wishes, reader, language=ask.language)
        if not reader.confirm(now=now):
            raise UsedLink
        ConsentRecord.of(reader, ConsentRecord.Action.GIVEN, form=ask.form, at=now, wording=ask.wording).save()
        wants_more = bool(ask.wishes.get("announcements"))  # who comes back is asked anew
        agree_to_announcements(reader, wants_more, form=ask.form, wording=announcements_wording(), now=now)
        letters.write(reader, Notice.Kind.WELCOME, now=now)
    return reader


def is_usable(ask: Ask) -> bool:
    """Say whether the link still has work to do: a link from before somebody left does not bring them back."""
    reader = _reader_of(ask)
    is_older_than_leave = reader.left_at is not None and ask.created_at <= reader.left_at
    is_spent = ask.confirmed_at is not None or ask.outcome == Ask.Outcome.WITHDRAWN
    return reader.may_confirm and not is_older_than_leave and not is_spent


def _reader_of(ask: Ask) -> Subscriber:
    assert ask.subscriber is not None  # a link is written only after the ask was settled
    return ask.subscriber


def _apply(wishes: dict, reader: Subscriber, *, language: str) -> None:
    """Take over what was chosen; what was left open stays as it is."""
    reader.language = language
    chosen = {name: wishes[name] for name in ("timezone", "keywords", "authors") if wishes.get(name)}
    if wishes.get("hour") is not None:
        chosen["hour"] = wishes["hour"]
    for name, value in chosen.items():
        setattr(reader, name, value)
    reader.save(update_fields=["language", *chosen])
    if topics := list(Topic.objects.filter(slug__in=wishes.get("topics", []))):
        reader.topic_preferences.all().delete()
        TopicPreference.objects.bulk_create(TopicPreference(subscriber=reader, topic=topic) for topic in topics)
