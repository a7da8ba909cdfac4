"""Two hundred digests of real papers keep every rule that a mailbox provider checks."""

import email
import email.policy
import re
from html import unescape

import pytest
from bs4 import BeautifulSoup

from newsletter.rendering.box import LARGEST_HTML
from tests.newsletter.real import SITE_URL, real_digests

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture
def letters(shared_data, settings):
    settings.SITE_URL = SITE_URL
    return real_digests(shared_data)


def test_two_hundred_real_digests_keep_every_rule(letters, settings):
    ids = set()
    for issue, letter in letters:
        message = email.message_from_bytes(letter.wire, policy=email.policy.strict)
        _sound(message, letter)
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
    assert max(len(letter.html.encode()) for _issue, letter in letters) <= LARGEST_HTML <= 90_000
    assert {issue.is_tracked for issue, _letter in tens} == {True, False}


def _sound(message, letter):  # RFC 5322, 2047, 6376 5.3
    wire = letter.wire
    head, _, body = wire.partition(b"\r\n\r\n")
    assert message.defects == []
    assert all(part.defects == [] for part in message.walk())
    assert all(message[name].defects == () for name in message.keys())  # noqa: SIM118 (a message iterates oddly)
    assert wire.isascii()
    assert b"\n" not in wire.replace(b"\r\n", b"")
    assert max(map(len, body.split(b"\r\n"))) <= 76
    # A token of 44 is never folded: the two lines of List-Unsubscribe may be longer, up to 998.
    assert all(len(line) <= 78 or b"<" in line and len(line) <= 998 for line in head.split(b"\r\n"))
    assert {part["Content-Transfer-Encoding"] for part in message.iter_parts()} == {"quoted-printable"}
    assert all(len(word) <= 75 for word in re.findall(rb"=\?[^?]+\?[bqBQ]\?[^?]*\?=", head))
    assert len(message["To"].addresses) == 1
    assert not {"Cc", "Bcc"} & set(message.keys())
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
