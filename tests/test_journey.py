"""The main job on one page: a page of papers becomes a digest in an inbox, and the reader answers."""

import re
from email import message_from_bytes, policy
from io import StringIO
from urllib.parse import urlsplit

import pytest
from aiosmtpd.controller import Controller
from django.core.management import call_command
from django.utils import timezone

from newsletter.models import Digest, Event
from papers.models import Paper
from subscribers.models import ConsentRecord, Subscriber
from tests.config.test_runner import free_port

PAGE = """new

Get trending papers in your email inbox!

Subscribe

Daily Papers

byAK and the research community

Jul 29

A Lantern for Dense Retrieval

{retrieval}

Slow Steps Toward Robot Hands That Fold Linen

{robots}
"""
RETRIEVAL = "We look at dense retrieval and at retrieval-augmented generation over invented shelves of books. " * 4
ROBOTS = "A robotic hand folds linen by manipulation policies that were learned from invented households. " * 4


class Inbox:
    """A mail server on loopback that keeps what it takes."""

    def __init__(self):
        self.letters = []

    async def handle_DATA(self, server, session, envelope):
        self.letters.append(message_from_bytes(envelope.original_content, policy=policy.default))
        return "250 2.0.0 kept"

    def newest(self, subject):
        return next(letter for letter in reversed(self.letters) if re.search(subject, letter["subject"]))


@pytest.fixture
def inbox(settings, tmp_path):
    keeper = Inbox()
    controller = Controller(keeper, hostname="127.0.0.1", port=free_port())
    controller.start()
    settings.VAR_DIR = tmp_path
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = controller.server.sockets[0].getsockname()[:2]
    yield keeper
    controller.stop()


def path_in(letter, kind):
    """The path of the first link of this kind in the letter's text."""
    text = letter.get_body(("plain",)).get_content()
    return urlsplit(re.search(rf"http\S*{kind}\S+", text)[0]).path


def work():
    """What beat and the workers do all day, done once."""
    call_command("run_digests", now=timezone.now().isoformat(), stdout=StringIO())


@pytest.mark.django_db
def test_a_page_of_papers_becomes_a_digest_that_a_person_reads_clicks_and_leaves(client, inbox, settings, tmp_path):
    # A source becomes papers.
    settings.SIGN_UP_LEAST_SECONDS = 0
    page = tmp_path / "page.txt"
    page.write_text(PAGE.format(retrieval=RETRIEVAL, robots=ROBOTS))
    call_command("load_topics", stdout=StringIO())
    call_command("import_papers", page, source="saved-page", day=timezone.now().date().isoformat(), stdout=StringIO())
    assert Paper.objects.count() == 2

    # A visitor asks, and nothing happens until the button in the letter is pressed.
    form = client.get("/subscribe/").context["form"]
    asked = {"email": "ada@example.org", "topics": ["rag"], "hour": 7, "timezone": "Europe/Paris", "seen": form.stamp}
    assert client.post("/subscribe/", asked, follow=True).status_code == 200
    work()
    confirm = path_in(inbox.newest("Confirm"), "/confirm/")
    assert client.get(confirm).status_code == 200
    assert not Subscriber.objects.active().exists()
    welcome = client.post(confirm, follow=True).request["PATH_INFO"]
    reader = Subscriber.objects.active().get()
    assert ConsentRecord.objects.filter(subscriber=reader, action="given", purpose="subscription").count() == 1

    # The first digest comes now, once, with the paper that fits and its reason.
    client.post(welcome.replace("/welcome/", "/preferences/") + "learning/", {"answer": "yes"})
    client.post(welcome)
    work()
    work()
    digest = Digest.objects.get()
    letter = inbox.newest("A Lantern for Dense Retrieval")
    assert digest.state == "sent"
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "<mj-" not in letter.get_body(("html",)).get_content()
    assert [len(inbox.letters), letter["to"]] == [3, "ada@example.org"]  # confirmation, welcome, digest

    # A click is remembered and leads to the paper and nowhere else.
    answer = client.get(path_in(letter, "/c/"), headers={"user-agent": "Mozilla/5.0 (X11; Linux) Firefox/140.0"})
    assert answer.status_code == 302
    assert Event.objects.filter(kind="clicked", digest=digest, subscriber=reader).count() == 1
    assert client.get(path_in(letter, "/d/")).status_code == 200

    # Leaving takes one press, and then no letter comes.
    one_click = urlsplit(re.search(r"<(https?://[^>]+)>", letter["List-Unsubscribe"])[1]).path
    client.get(path_in(letter, "/unsubscribe/"))
    assert Subscriber.objects.active().exists()
    assert client.post(one_click, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert not Subscriber.objects.active().exists()
    count = len([one for one in inbox.letters if "Lantern" in one["subject"]])
    work()
    assert len([one for one in inbox.letters if "Lantern" in one["subject"]]) == count == 1
