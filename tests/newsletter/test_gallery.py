"""The letter gallery, and that every letter in it is sound."""

import datetime as dt
import email
import email.policy
import re

import pytest
from bs4 import BeautifulSoup

from mail.contrast import faint_texts
from newsletter.examples import example, names
from newsletter.previewing import themed

NOW = dt.datetime(2026, 5, 4, 6, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("name", names())
def test_every_letter_in_every_state_is_sound(name, language, settings):
    letter = example(name, now=NOW, language=language)
    message = email.message_from_bytes(letter.wire, policy=email.policy.strict)
    assert message.defects == []
    assert all(message[header].defects == () for header in message.keys())  # noqa: SIM118 (a message iterates oddly)
    page = BeautifulSoup(letter.html, "html.parser")
    assert page.html["lang"] == language
    assert len(page.find_all("h1")) == 1
    assert list(faint_texts(page)) == []
    assert all(image.has_attr("alt") for image in page.find_all("img"))
    assert not re.search(r"<mj-|fonts\.googleapis", letter.html)
    assert settings.POSTAL_ADDRESS in letter.html
    assert settings.POSTAL_ADDRESS in letter.text
    assert len(letter.html.encode()) <= 90_000
    for part in (letter.html, letter.text):
        assert "\0" not in part
        assert "\1" not in part


def test_a_letter_can_be_shown_dark_whatever_the_device_prefers():
    html = example("daily", now=NOW).html
    assert "@media all{" in themed(html, "dark")
    assert "@media not all{" in themed(html, "light")
    assert themed(html, "") == html


@pytest.mark.django_db
def test_only_staff_see_the_gallery(client, admin_client):
    assert client.get("/letters/").status_code == 302
    assert client.post("/letters/daily/send/").status_code == 302
    page = admin_client.get("/letters/quiet/?language=de&theme=dark&frame=phone")
    assert page.status_code == 200
    assert "Message-ID" in page.text
    assert admin_client.get("/letters/no-such-letter/").status_code == 404
    frame = admin_client.get("/letters/quiet/html/?theme=dark")
    assert "@media all{" in frame.text
    assert frame["X-Frame-Options"] == "SAMEORIGIN"


@pytest.mark.django_db
def test_the_gallery_sends_a_letter_to_whoever_asks(admin_client, mailoutbox, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    page = admin_client.post("/letters/welcome/send/", follow=True)
    assert "on its way" in page.text
    assert [message.to for message in mailoutbox] == [["admin@example.com"]]
