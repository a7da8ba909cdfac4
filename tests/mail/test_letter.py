"""Account letters: every header that mailbox providers ask for, and nothing a reader wrote can change the structure."""

import email
import email.policy
import quopri
import re

import pytest

from mail.encoding import body, header, header_line, one_line
from mail.letter import BadAddress, ascii_address, compose, feedback_sender, visible_sender
from mail.returning import account_key, read_return_address

NAMES = ["confirm", "already", "welcome", "manage", "address_new", "address_old", "miss_you"]
LINK = "https://papers.example/x/token/"


def letter(name="confirm", **kwargs):
    return compose(name, key="7", to="ada@example.org", context={"link": LINK}, **kwargs)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("language", ["en", "de"])
def test_every_account_letter_is_a_sound_message(name, language):
    made = letter(name, language=language)
    message = email.message_from_bytes(made.wire, policy=email.policy.strict)
    assert message.defects == []
    for single in ("Date", "From", "To", "Subject", "Message-ID", "MIME-Version", "Auto-Submitted"):
        assert len(message.get_all(single)) == 1, single
        assert message[single].defects == ()
    assert message["X-Auto-Response-Suppress"] == "All"
    assert read_return_address(made.sender, recipient="ada@example.org") == account_key("ada@example.org")
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert "<mj-" not in made.html
    assert "{%" not in made.html
    assert LINK in made.html
    assert LINK in made.text
    assert made.wire.isascii()
    assert max(map(len, made.wire.split(b"\r\n"))) <= 78
    assert b"\r\n." not in made.wire
    assert b"\n" not in made.wire.replace(b"\r\n", b"")


def test_the_bytes_say_what_the_parts_say():
    made = letter("welcome")
    message = email.message_from_bytes(made.wire, policy=email.policy.default)
    text, html = message.iter_parts()
    assert text.get_content().replace("\r\n", "\n").strip() == made.text.strip()
    assert html.get_content().replace("\r\n", "\n").strip() == made.html.strip()


def test_message_ids_are_ours_and_never_twice(settings):
    ids = {letter().headers["Message-ID"] for _ in range(50)}
    assert len(ids) == 50
    assert all(re.fullmatch(rf"<[0-9a-f]+@{re.escape(settings.MAIL_DOMAIN)}>", one) for one in ids)


def test_a_value_in_a_letter_is_never_read_as_a_template_or_html():
    made = compose("confirm", key="7", to="a@example.org", context={"link": 'https://x/"><b>{{ site_url }}{% now %}'})
    assert "<b>" not in made.html
    assert '"><b>{{' in made.text
    assert "{{ site_url }}" in made.html


@pytest.mark.parametrize(
    "address", ["a@x.org\r\nBcc: b@x.org", "a b@x.org", "ä@x.org", "a@x.org, b@x.org", "a", "@x.org", "a@b@x.org"]
)
def test_an_address_that_cannot_stand_in_a_header_is_refused(address):
    with pytest.raises(BadAddress):
        ascii_address(address)


def test_an_international_domain_becomes_its_ascii_form():
    assert ascii_address("ada@bücher.example") == "ada@xn--bcher-kva.example"


@pytest.mark.parametrize("name", ["Paper Round", "Röntgen", 'The "Lab", Inc.', r"C:\Lab, Inc.", "=?utf-8?q?b?="])
def test_the_sender_reads_back_as_it_was_named(name):
    message = email.message_from_string(f"From: {visible_sender(name, 'a@x.org')}\r\n\r\n", policy=email.policy.default)
    assert message["From"].addresses[0].display_name == name


@pytest.mark.parametrize("name", ["One\r\nBcc: two", "Öne\r\nBcc: two"])
def test_the_senders_name_stays_in_its_header(name):
    assert visible_sender(name, "a@x.org").splitlines() == [visible_sender(one_line(name), "a@x.org")]


def test_the_feedback_senders_name_has_five_to_fifteen_letters(settings):
    names = []
    for settings.MAIL_DOMAIN in ("x.io", "a-very-long-name-of.example"):
        names.append(feedback_sender())
    assert names == ["xioxx", "averylongnameof"]


@pytest.mark.parametrize(
    "text",
    [
        "plain",
        "Ünïcode",
        "表" * 300,
        "x" * 500,
        "a =?utf-8?q?b?= c",
        "שלום",
        "🎉 party",
        "one\r\nBcc: two",
        "word " * 90,
    ],
)
def test_a_subject_reads_back_and_stays_in_one_header(text):
    raw = header_line("Subject", header(text))
    assert raw.isascii()
    assert max(map(len, raw.split("\r\n"))) <= 78
    message = email.message_from_string(raw + "\r\nbody", policy=email.policy.default)
    assert message["Subject"] == one_line(text)
    assert message.keys() == ["Subject"]


@pytest.mark.parametrize(
    "text", ["", "a", "a ", ".\n.", "...", "From me\nFrom you", "=" * 300, "é" * 100, "x" * 75, "x" * 76]
)
def test_pieces_of_quoted_printable_can_be_joined_anywhere(text):
    raw = body(text) + body(text) + body("!")
    assert quopri.decodestring(raw).decode().replace("\r\n", "\n") == text + text + "!"
    assert max(map(len, raw.split(b"\r\n"))) <= 76
    assert not raw.startswith(b".")
    assert b"\r\n." not in raw
