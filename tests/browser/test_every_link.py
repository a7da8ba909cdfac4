"""What scanners of mail providers do: every address of every letter is opened, and nothing happens by it.

Every letter the product sends is made by the verbs that send it and taken from the wire. Each address in its HTML, its
text and its headers is then asked for five times by GET, five times by HEAD, and five times by a Chromium that runs the
scripts of the page. No row of any table changes: that is asked of all tables, without an exception.

The one kind of letter with addresses that write something is the digest of a reader who agreed to be learned from: its
pixel and its counted links are there to be kept. The last test says what they may write: events that are marked as a
machine's, and nothing else.
"""

import datetime as dt
import email
import email.policy
import re
from urllib.parse import urlsplit

import httpx
import pytest
from bs4 import BeautifulSoup
from django.apps import apps
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import Error

from newsletter.building import address_announcements, build_due
from newsletter.models import Announcement, Digest, Edition, Event
from newsletter.sending import send_pending
from newsletter.taste import tastes_of
from papers.models import Topic
from subscribers import letters, preferences, signup
from subscribers.models import AddressChange, Ask, Notice, Subscriber
from subscribers.signup import Visitor, Wanted
from tests.papers.shelf import make_paper
from tests.sink import Sink

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TIMES = 5
# Where papers are; no letter may lead anywhere else but to us.
ELSEWHERE = {"arxiv.org", "code.example", "project.example"}
DIGESTS = ("first", "daily", "weekly", "quiet", "german", "counted")


@pytest.fixture
def wire(settings, tmp_path):
    """The mail server that takes every letter."""
    settings.VAR_DIR = tmp_path
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    with Sink() as sink:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", sink.port
        yield sink


@pytest.fixture
def sent(wire, live_server, settings):
    """Every letter we send, as it came out of the wire, by what it is."""
    settings.SITE_URL, settings.SITE_HOST = live_server.url, urlsplit(live_server.url).hostname
    settings.SIGN_UPS_PER_NETWORK = 100
    cache.clear()
    now = timezone.now()
    Topic.objects.all().delete()
    for number in range(1, 4):
        more = {"code_url": "https://code.example/a", "project_url": "https://project.example/a"}
        make_paper(number, topics=("vision",), featured_on=now.date(), **(more if number == 1 else {}))
    _account_letters(now)
    _digests(now)
    messages = [email.message_from_bytes(raw, policy=email.policy.default) for raw in wire.messages]
    return {_kind(message): message for message in messages}


def _account_letters(now):
    known, moving, moved = (_reader(f"{name}@example.org", now) for name in ("known", "moving", "moved"))
    returning = _reader("returning@example.org", now)
    returning.leave(now=now - dt.timedelta(hours=1))
    for address, kind in (
        ("new@example.org", Ask.Kind.SUBSCRIBE),
        ("known@example.org", Ask.Kind.SUBSCRIBE),
        ("returning@example.org", Ask.Kind.SUBSCRIBE),
        ("moving@example.org", Ask.Kind.MANAGE),
    ):
        signup.ask(address, Wanted(topics=("vision",)), Visitor("n"), kind=kind, now=now)
    signup.settle(now=now)
    preferences.ask_address(moving, "elsewhere@example.org", now=now)
    preferences.ask_address(moved, "moved@new.example", now=now)
    preferences.confirm_address(AddressChange.objects.get(subscriber=moved), now=now)
    confirmed = signup.ask("confirmed@example.org", Wanted(), Visitor("n"), now=now)
    signup.settle(now=now)
    confirmed.refresh_from_db()
    signup.confirm(confirmed, now=now)
    letters.write(known, Notice.Kind.MISS_YOU, now=now)
    letters.send(now=now)


def _digests(now):
    for name in DIGESTS:
        reader = _reader(f"{name}@example.org", now, next_digest_at=now, next_digest_day=now.date())
        if name != "first":
            _had_one_before(reader, now)
    Subscriber.objects.filter(email="weekly@example.org").update(cadence="weekly", days=[0])
    Subscriber.objects.filter(email="quiet@example.org").update(min_papers=9, wants_quiet_letter=True)
    Subscriber.objects.filter(email="german@example.org").update(language="de")
    Subscriber.objects.filter(email="counted@example.org").update(tracking="granted")
    edition = Edition.objects.of_day(now.date())
    edition.note = "A word from the editor."
    edition.save()
    build_due(now=now)
    _reader("announced@example.org", now, announcements_since=now)
    Announcement.objects.create(subject="An afternoon of papers", text="Dear readers,\n\ncome.").release(now=now)
    address_announcements(now=now)
    send_pending(now=now)
    # An hour ago, or the haste alone would give a scanner away.
    Digest.objects.filter(sent_at__isnull=False).update(sent_at=now - dt.timedelta(hours=1))


def _reader(address, now, **values):
    long_ago = now - dt.timedelta(days=30)
    return Subscriber.objects.create(email=address, state="active", confirmed_at=long_ago, **values)


def _had_one_before(reader, now):
    edition = Edition.objects.of_day(now.date() - dt.timedelta(days=8))
    then = now - dt.timedelta(days=8)
    about = {"due_at": then, "not_before": then, "expires_at": then, "sent_at": then}
    Digest.objects.create(edition=edition, subscriber=reader, state="sent", **about)


def _kind(message):
    first, second, _sender = message["Feedback-ID"].split(":")
    name = second if second in ("digest", "announcement") else first
    return f"{name} to {message['To'].partition('@')[0]}"


def addresses(message):
    """Return every address in the letter, wherever it stands."""
    parts = {part.get_content_type(): part.get_content() for part in message.walk() if not part.is_multipart()}
    soup = BeautifulSoup(parts["text/html"], "html.parser")
    assert "url(" not in parts["text/html"]
    found = {
        value
        for tag in soup.find_all(True)
        for name, value in tag.attrs.items()
        if isinstance(value, str) and "://" in value and not name.startswith("xmlns")
    }
    found |= set(re.findall(r"https?://\S+", parts["text/plain"]))
    for value in message.values():
        found |= set(re.findall(r"<(https?://[^>]+)>", str(value)))
    return found


def ours(message, site):
    """Return the addresses of ours in the letter; the others lead to papers."""
    found = addresses(message)
    mine = {address for address in found if address.startswith(site + "/")} | ({site} & found)
    assert {urlsplit(address).hostname for address in found - mine} <= ELSEWHERE
    return mine


def door(link):
    """Return the first part of the path: "c" of /c/<token>/3/."""
    return urlsplit(link).path.strip("/").partition("/")[0]


def rows():
    """Return all rows of all tables."""
    return {model._meta.label: list(model._base_manager.order_by("pk").values()) for model in apps.get_models()}


def differences(before, after):
    return {
        name: [pair for pair in zip(rows, after[name], strict=False) if pair[0] != pair[1]] or "more or fewer rows"
        for name, rows in before.items()
        if rows != after[name]
    }


def visit(browser, links):
    """Open each link in a window that runs the page's scripts, and look at all of it."""
    context = browser.new_context()
    page = context.new_page()
    for turn in range(TIMES):
        for link in links:
            try:
                page.goto(link, wait_until="load" if turn else "networkidle")
            except Error as error:  # a counted link leads on to the paper, where the tests' browser does not go
                if "ERR_NAME_NOT_RESOLVED" not in str(error):
                    raise
                page.close()
                page = context.new_page()
            else:
                page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    context.close()


def ask(method, links, statuses):
    with httpx.Client(timeout=30) as client:
        for link in sorted(links) * TIMES:
            answer = client.request(method, link)
            assert answer.status_code in statuses, (method, link, answer.status_code)


def test_the_letters_looked_at_are_all_that_we_send(sent):
    assert {name.split(" to ")[0] for name in sent} >= {*Notice.Kind}
    assert {name for name in sent if name.startswith("digest")} == {f"digest to {name}" for name in DIGESTS}
    assert {"confirm to new", "confirm to returning", "address_new to elsewhere", "address_old to moved"} <= {*sent}
    for name in [*(f"digest to {name}" for name in DIGESTS), "announcement to announced"]:
        assert sent[name]["List-Unsubscribe"].count("<") == 2


def test_opening_every_link_of_every_letter_changes_no_row(sent, live_server, browser):
    links = {
        address for name, letter in sent.items() if "counted" not in name for address in ours(letter, live_server.url)
    }
    kinds = {door(link) for link in links}
    assert kinds == {"", "confirm", "preferences", "address", "stay", "d", "f", "u", "unsubscribe"}
    before = rows()
    ask("GET", links, {200})
    assert differences(before, rows()) == {}
    ask("HEAD", links, {200})
    assert differences(before, rows()) == {}
    visit(browser, sorted(links))
    assert differences(before, rows()) == {}


def test_a_machine_at_counted_links_is_known_for_one_and_teaches_nothing(sent, live_server, browser):
    links = ours(sent["digest to counted"], live_server.url)
    assert {door(link) for link in links} >= {"c", "o", "f", "u"}
    reader = Subscriber.objects.get(email="counted@example.org")
    before, taste = rows(), tastes_of([reader.pk], now=timezone.now())
    ask("HEAD", links, {200, 302})
    assert differences(before, rows()) == {}
    ask("GET", links, {200, 302})
    visit(browser, sorted(links))
    assert set(differences(before, rows())) == {"newsletter.Event"}
    events = Event.objects.filter(subscriber=reader)
    assert set(events.values_list("kind", flat=True)) == {"opened", "clicked"}
    assert set(events.values_list("is_machine", flat=True)) == {True}
    assert events.count() == len({link for link in links if door(link) in ("c", "o")})
    assert tastes_of([reader.pk], now=timezone.now()) == taste
