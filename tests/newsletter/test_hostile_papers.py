"""A paper that means harm, from its source to the finished letter: the letter is built as with a harmless one."""

import datetime as dt
import email
import email.policy

import pytest

from newsletter.models import Digest, Edition
from newsletter.preparing import prepare
from papers.ingestion import ingest
from papers.models import Paper
from papers.sources import Record
from papers.sources.base import line
from subscribers.models import Subscriber
from tests.newsletter.test_press import tree

NOW = dt.datetime(2026, 5, 4, 6, 0, tzinfo=dt.UTC)
pytestmark = pytest.mark.django_db
HOSTILE = {
    "quotes": "\" onmouseover=\"x\" ' onload='y' “z” `w`",
    "a variable": "{{ settings.SECRET_KEY }} {{ unsubscribe_url }}",
    "a tag": "{% include 'mail/confirm.txt' %}{% debug %}{# no #}",
    "the end of a cell": "</td></tr></table></div></body><script>alert(1)</script>",
    "the marks of a template": "<!--part card--><!--/part--> <mj-raw> <![endif]--> ]]>",
    "the marks of a token": "\x00F\x00U\x01card\x01 \0C",
    "from right to left": "\u202eשלום עולם\u202c مرحبا \u2066x\u2069",
    "emoji": "🎉👩‍🔬🏳️‍🌈 \U0001f9ea ﷽",
    "500 characters": "W" + "o" * 498 + "w",
    "line ends": "a\r\nBcc: everybody@example.org\r\n\r\n<html>\u2028\u2029\x85\x0b",
    "NUL": "nul\x00 and \x1b[31m bell \x07",
    "a lone surrogate": "\ud800 high, \udfff low",
    "an encoded word": "=?utf-8?q?=0d=0aBcc:_x?= =3D =\r\n.",
}


def letter_of(text):
    """Return the letter of a digest whose one paper says `text` wherever a source and an editor may."""
    Paper.objects.all().delete()
    record = Record(
        title=line(f"A title {text}"),
        abstract=line(f"An abstract. {text}"),
        authors=tuple(line(f"{text} {number}") for number in range(3000)),
        url="https://papers.example/1",
        pdf_url="https://papers.example/1.pdf",
        code_url="https://code.example/\"><b>'{{x}}</a>",
        project_url=line(f"javascript:alert('{text}')")[:500],  # PostgreSQL holds us to the column's length
        organization=line(text[:100]),
    )
    tally = ingest([record], kind="table", day=NOW.date(), now=NOW)
    assert (tally.new, tally.rejected) == (1, 0)
    reader = Subscriber.objects.get_or_create(
        email="ada@example.org", defaults={"state": "active", "confirmed_at": NOW, "tracking": "granted"}
    )[0]
    edition = Edition.objects.of_day(NOW.date())
    edition.note = f"A note. {one_row(text)}"
    picks = [{"paper": Paper.objects.get().pk, "reason": {"kind": "keyword", "value": text}}]
    press = prepare(edition, [Digest(edition=edition, subscriber=reader, picks=picks, pk=7)], now=NOW)
    return press.letter(press.issues[0])


def one_row(text):
    """A note may have lines, and each is a line of the letter: here it has one."""
    return " ".join(text.split())


def test_it_changes_neither_the_elements_nor_the_headers_of_a_letter():
    harmless = letter_of("fine")
    for name, text in HOSTILE.items():
        assert_built_alike(letter_of(text), harmless, name)


def assert_built_alike(letter, harmless, name):
    message, plain = (email.message_from_bytes(one.wire, policy=email.policy.strict) for one in (letter, harmless))
    headers = [header for header in message.keys() if header not in ("Subject", "Content-Type")]  # noqa: SIM118
    assert tree(letter.html) == tree(harmless.html), name
    assert message.keys() == plain.keys(), name
    assert [message[header] for header in headers] == [plain[header] for header in headers], name
    assert [part.get_content_type() for part in message.walk()] == [part.get_content_type() for part in plain.walk()]
    assert message.defects == []
    assert all(message[header].defects == () for header in message.keys()), name  # noqa: SIM118
    assert letter.wire.isascii()
    assert max(map(len, letter.wire.partition(b"\r\n\r\n")[2].split(b"\r\n"))) <= 76, name
    assert len(letter.text.splitlines()) == len(harmless.text.splitlines()), name
    assert len(letter.html.encode()) < 20_000, name
