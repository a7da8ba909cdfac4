"""Two hundred digests of real papers keep every rule that a mailbox provider checks."""

import datetime as dt
import email
import email.policy
import json
import random
import re
from html import unescape
from io import StringIO

import pytest
from bs4 import BeautifulSoup
from django.core.management import call_command

from newsletter.building.choosing import Choosing
from newsletter.models import Digest, Edition
from newsletter.preparing import prepare
from papers.days import newest
from papers.models import Topic
from subscribers.models import Subscriber, TopicPreference

NOW = dt.datetime(2026, 1, 1, 7, tzinfo=dt.UTC)
pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture
def letters(shared_data, settings):
    settings.SITE_URL = "https://papers.example.org"  # as long as real ones are
    for path in sorted((shared_data / "hf" / "days").glob("*.json"))[-6:]:
        day = dt.date.fromisoformat(re.search(r"\d{4}-\d\d-\d\d", path.name)[0])
        call_command("import_papers", str(path), source="huggingface", day=day, stdout=StringIO(), stderr=StringIO())
    edition = Edition.objects.of_day(newest(today=NOW.date()))
    readers = [_reader(number) for number in range(200)]
    choices = Choosing(now=NOW).choices(edition, readers)
    digests = [
        Digest(edition=edition, subscriber=reader, pk=reader.pk, picks=json.loads(choice.picks))
        for reader, choice in zip(readers, choices, strict=True)
    ]
    press = prepare(edition, digests, now=NOW)
    return [(issue, press.letter(issue)) for issue in press.issues]


def _reader(number):
    dice = random.Random(number)
    reader = Subscriber.objects.create(
        email=f"reader{number}@example.org",
        state="active",
        confirmed_at=NOW,
        language=dice.choice(["en", "de"]),
        tracking=dice.choice(["unknown", "granted", "denied"]),
    )
    for topic in dice.sample(list(Topic.objects.filter(is_active=True)), dice.randint(1, 6)):
        TopicPreference.objects.create(subscriber=reader, topic=topic, weight=1)
    return reader


def test_two_hundred_real_digests_keep_every_rule(letters, settings):
    ids = set()
    for issue, letter in letters:
        message = email.message_from_bytes(letter.wire, policy=email.policy.strict)
        _sound(message, letter.wire)
        _way_out(message)
        _says_who_we_are(message, settings)
        _two_equal_parts(message, settings, is_tracked=issue.is_tracked)
        ids.add(message["Message-ID"])
        assert message["To"] == issue.to
    assert len(ids) == len(letters) == 200


def test_real_digests_are_light(letters):
    tens = [(issue, letter) for issue, letter in letters if len(issue.items) == 10]
    assert len(tens) > 50
    assert max(len(letter.html.encode()) for _issue, letter in tens) <= 25_000
    assert max(len(letter.wire) for _issue, letter in tens) <= 35_000
    assert {issue.is_tracked for issue, _letter in tens} == {True, False}


def _sound(message, wire):  # RFC 5322, 2047, 6376 5.3
    assert message.defects == []
    assert all(message[name].defects == () for name in message.keys())  # noqa: SIM118 (a message iterates oddly)
    assert wire.isascii()
    assert b"\n" not in wire.replace(b"\r\n", b"")
    assert max(map(len, wire.split(b"\r\n"))) <= 998
    for name in ("Date", "From", "To", "Subject", "Message-ID"):
        assert len(message.get_all(name)) == 1


def _way_out(message):  # RFC 8058, RFC 2369
    (value,) = message.get_all("List-Unsubscribe")
    assert re.fullmatch(r"<https?://[^<>,\s]+/u/[\w-]{44}/>,\s*<mailto:[^<>\s]+>", value)
    assert message.get_all("List-Unsubscribe-Post") == ["List-Unsubscribe=One-Click"]


def _says_who_we_are(message, settings):  # RFC 2919, RFC 3834, Gmail
    assert re.fullmatch(r"<digest\.[\w.-]+>", message["List-Id"])
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["From"].addresses[0].addr_spec == settings.DIGEST_ADDRESS
    assert message["Message-ID"].rpartition("@")[2].rstrip(">") == settings.DIGEST_ADDRESS.rpartition("@")[2]
    fields = message["Feedback-ID"].split(":")
    assert len(set(fields)) == len(fields) <= 4
    assert re.fullmatch(r"[A-Za-z0-9]{5,15}", fields[-1])


def _two_equal_parts(message, settings, *, is_tracked):  # RFC 2046, CAN-SPAM, ePrivacy 5(3)
    text, html = message.iter_parts()
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    page, words = BeautifulSoup(html.get_content(), "html.parser"), text.get_content()
    assert {link["href"] for link in page.find_all("a")} == set(re.findall(r"https?://\S+", words))
    assert settings.POSTAL_ADDRESS in unescape(html.get_content())
    assert settings.POSTAL_ADDRESS in words
    assert "/unsubscribe/" in words
    assert bool(page.find("img")) == is_tracked
    assert ("/c/" in words) == is_tracked
    assert re.search(r"<mj-|\{%|fonts\.googleapis", html.get_content()) is None
