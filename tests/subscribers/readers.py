"""Invented readers for the tests."""

import datetime as dt

from django.urls import reverse

from papers.models import Topic
from subscribers import tokens
from subscribers.models import Subscriber

NOW = dt.datetime(2026, 5, 4, 12, 0, tzinfo=dt.UTC)  # a Monday
CONSENT = "signed up on paper at the open day 2026"


def a_topic(slug: str, **values) -> Topic:
    return Topic.objects.create(slug=slug, name=slug.title(), **values)


def a_reader(email: str = "ada@example.org", **values) -> Subscriber:
    """Return an active reader whose next digest is planned."""
    values = {"state": Subscriber.State.ACTIVE, "confirmed_at": NOW, **values}
    reader = Subscriber(email=email, **values)
    reader.plan_next_digest(after=NOW)
    reader.save()
    return reader


def link(name: str, reader: Subscriber, *, now: dt.datetime = NOW) -> str:
    """Return a page of the reader's own, by its signed link."""
    return reverse(name, args=[tokens.sign(tokens.Purpose.MANAGE, reader.pk, epoch=reader.link_epoch, now=now)])


def counts(**values):
    """Return what an import tells: these counts, and 0 of the others."""
    return {"new": 0, "same": 0, "left": 0, "remembered": 0, "rejected": 0} | values
