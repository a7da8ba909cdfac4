"""Signatures of our own."""

import datetime as dt
import re

import dkim
import pytest

from mail.letter import compose
from mail.signing import BadKey, prove_key
from newsletter.examples import example

NOW = dt.datetime(2026, 5, 4, 6, 0, tzinfo=dt.UTC)
_PEM = "-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----\n"


def verified(wire, public_key, asked=None):
    asked = [] if asked is None else asked
    return dkim.verify(wire, dnsfunc=lambda name, timeout=5: (asked.append(name), public_key)[1])


def test_a_signed_digest_verifies_and_its_way_out_is_covered(public_key):
    wire = example("daily", now=NOW).wire
    assert verified(wire, public_key)
    covered = re.search(r"h=([^;]+);", wire.decode())[1].replace("\r\n ", "").replace(" ", "").lower().split(":")
    names = re.findall(r"(?m)^([\w-]+):", wire.decode().partition("\r\n\r\n")[0].lower())
    assert set(names) - {"dkim-signature", "x-auto-response-suppress"} <= set(covered)
    assert not verified(wire.replace(b"=One-Click", b"=Two-Clicks"), public_key)
    assert not verified(wire.replace(b"\r\nSubject:", b"\r\nReply-To: eve@there.example\r\nSubject:"), public_key)


@pytest.mark.parametrize("name", ["From", "To", "Subject", "Date", "Content-Type"])
def test_a_second_header_of_a_kind_that_people_are_shown_breaks_the_signature(public_key, name):
    wire = example("daily", now=NOW).wire
    signature, head = re.match(rb"(?s)(DKIM-Signature:.*?\r\n)(?=\w)(.*)", wire).groups()
    assert verified(signature + head, public_key)
    second = f"{name}: eve@there.example\r\n".encode()
    assert not verified(second + wire, public_key)
    assert not verified(signature + second + head, public_key)


def test_an_account_letter_is_signed_too_by_the_domain_of_our_mail(public_key, settings):
    settings.MAIL_DOMAIN, asked = "mail.round.example", []
    letter = compose("confirm", key="1", to="a@example.org", context={"link": "https://x.example/"})
    assert verified(letter.wire, public_key, asked)
    assert asked == [f"{settings.DKIM_SELECTOR}._domainkey.mail.round.example.".encode()]


def test_spaces_that_a_relay_folds_anew_do_no_harm(public_key):
    wire = example("daily", now=NOW).wire
    assert verified(wire.replace(b"\r\nSubject: ", b"\r\nsubject:  "), public_key)
    head, body = wire.split(b"\r\n\r\n", 1)
    assert verified(head + b"\r\n\r\n" + body.replace(b"\r\n", b" \r\n"), public_key)


def test_the_parts_of_a_signed_letter_read_back(public_key):
    letter = example("daily", now=NOW)
    assert letter.headers["To"] == "reader@example.org"
    assert letter.html.endswith("</html>")


def test_a_key_that_is_none_is_named(settings, tmp_path):
    settings.DKIM_KEY_FILE = str(tmp_path / "absent.pem")
    with pytest.raises(BadKey, match="DKIM_KEY_FILE"):
        example("daily", now=NOW)
    for number, content in enumerate(("no key", _PEM.format("half"), _PEM.format("Proc-Type: 4,ENCRYPTED\n\nabcd"))):
        (tmp_path / f"{number}.pem").write_text(content)
        settings.DKIM_KEY_FILE = str(tmp_path / f"{number}.pem")
        with pytest.raises(BadKey, match="DKIM_KEY_FILE"):
            prove_key()
