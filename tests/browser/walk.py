"""A window with a person in it, for the pictures of every page."""

import datetime as dt

from django.urls import reverse
from django.utils import timezone

from newsletter.link_numbers import link_number
from newsletter.models import Digest, Edition
from papers.models import Paper
from subscribers.models import Ask, Subscriber
from subscribers.tokens import Purpose, sign


class Walk:
    """A window with a person in it, and the rows behind it."""

    def __init__(self, page, site, settings, *, look):
        self.page, self.site, self.settings, self.look = page, site, settings, look
        self.now = timezone.now()

    def open(self, name, *args, query=""):
        self.page.goto(self.site + reverse(name, args=args) + query)

    def press(self, name):
        self.page.get_by_role("button", name=name, exact=True).first.click()

    def sign_up(self, email):
        self.open("subscribe")
        self.page.get_by_label("Your email address").fill(email)
        self.press("Send me tomorrow's papers")

    def reader(self, name="ada", **values):
        values = {"state": "active", "confirmed_at": self.now, "timezone": "Europe/Berlin", **values}
        reader = Subscriber(email=f"{name}@example.org", **values)
        if reader.state == "active":
            reader.plan_next_digest(after=self.now)
        reader.save()
        return reader

    def ask(self, *, topics=("vision", "retrieval"), **values):
        about = {"limit_key": "k", "network": "n", "form": "page", "created_at": self.now, "settled_at": self.now}
        values = {"subscriber": self.reader("new", state="pending", confirmed_at=None), **values}
        return Ask.objects.create(email="new@example.org", wishes={"topics": list(topics)}, **about, **values)

    def confirm(self, ask, *, age=0):
        self.open("confirm", sign(Purpose.CONFIRM, ask.pk, now=self.now - dt.timedelta(days=age)))

    def manage(self, page="manage", *, reader=None, age=0, **values):
        reader = reader or self.reader(**values)
        self.open(page, sign(Purpose.MANAGE, reader.pk, now=self.now - dt.timedelta(days=age)))
        return reader

    def unsubscribe(self, **values):
        reader = self.reader(**values)
        self.open("unsubscribe", reader.token(Purpose.UNSUBSCRIBE, now=self.now))
        return reader

    def sent(self, reader, papers, *, days_ago=0):
        at = self.now - dt.timedelta(days=days_ago)
        times = {"due_at": at, "not_before": at, "expires_at": at, "sent_at": at}
        picks = [{"paper": paper.pk, "reason": {"kind": "new", "value": ""}} for paper in papers]
        edition = Edition.objects.of_day(at.date())
        return Digest.objects.create(edition=edition, subscriber=reader, picks=picks, state="sent", **times)

    def digest(self):
        paper = Paper.objects.first()
        digest = self.sent(self.reader(), [paper])
        return sign(Purpose.FEEDBACK, digest.pk, now=self.now), link_number(paper.pk)
