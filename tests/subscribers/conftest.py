"""What the tests of readers lean on."""

import re

import pytest
from django.core import mail

from papers.models import Topic
from subscribers import letters, signup


@pytest.fixture(autouse=True)
def _no_waiting(settings):
    """Tests fill forms faster than hands; the tests of the shield set the wait themselves."""
    settings.SIGN_UP_LEAST_SECONDS = 0
    settings.SIGN_UPS_PER_NETWORK = 100


@pytest.fixture
def topics(db):
    """Three topics of our own, beside those that come with the installation."""
    Topic.objects.all().delete()
    return [Topic.objects.create(slug=slug, name=slug.title()) for slug in ("vision", "speech", "robots")]


class Post:
    """The letters that left, read as a person reads them."""

    def deliver(self, *, now):
        """Let the worker work; return the letters that left."""
        before = len(mail.outbox)
        signup.settle(now=now)
        letters.send(now=now)
        return mail.outbox[before:]

    @staticmethod
    def link(letter):
        """Return the path of the letter's one action."""
        return re.search(r"http://[^/]+(/\S+/)\n", letter.body)[1]


@pytest.fixture
def post(settings):
    return Post()
