"""What the tests of readers lean on."""

import json
import re

import pytest
from django.core import mail
from django.core.management import call_command
from readers import CONSENT

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


@pytest.fixture
def bring(tmp_path, capsys):
    """Import a file with the command; return the counts it printed."""

    def run(content, *arguments, name="people.csv", consent=CONSENT):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        call_command("import_subscribers", str(path), "--consent", consent, "--json", *arguments)
        return json.loads(capsys.readouterr().out)

    return run
