"""Signing up from other places: a frame in a foreign page, a program, and a slip of the hand."""

import pytest
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse

from subscribers.forms.address import meant_domain
from subscribers.models import Ask

pytestmark = pytest.mark.django_db


@pytest.fixture
def stranger():
    """A browser in a foreign page: no cookie of ours, CSRF checked."""
    return Client(enforce_csrf_checks=True)


def test_the_small_form_works_inside_a_foreign_page(stranger, topics):
    page = stranger.get(reverse("subscribe_embed"), {"topic": "vision"})
    assert "X-Frame-Options" not in page
    assert "frame-ancestors *" in page["Content-Security-Policy"]
    assert 'name="topics" value="vision"' in page.text
    answer = stranger.post(reverse("subscribe_embed"), {"email": "ada@example.org", "topics": ["vision"]})
    assert answer.status_code == 200
    assert not answer.cookies
    assert Ask.objects.get().wishes["topics"] == ["vision"]
    assert Ask.objects.get().form == "embed"


def test_no_other_page_may_be_framed(client):
    assert client.get(reverse("subscribe"))["X-Frame-Options"] == "DENY"


def test_a_program_signs_up_with_json(stranger, topics):
    wishes = {"topics": ["speech"], "hour": 6, "timezone": "Asia/Tokyo", "keywords": ["a", "b"]}
    wishes["announcements"] = True
    body = {"email": "ada@example.org", **wishes}
    answer = stranger.post(reverse("subscribe_json"), body, content_type="application/json")
    assert answer.status_code == 202
    assert Ask.objects.get().wishes == {**wishes, "authors": []}


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        ('{"email": "ada"}', "application/json", 422),
        ('{"email": "ada@example.org", "topics": ["none"]}', "application/json", 422),
        ('{"email": "ada@example.org", "hour": 99}', "application/json", 422),
        ("[]", "application/json", 400),
        ("[" * 60_000, "application/json", 400),
        ('{"a":' * 10_000, "application/json", 400),
        ('{"email": "ada@example.org", "keywords": ["\\ud800"]}', "application/json", 400),
        ('{"email": "ada@example.org", "\\ud800": ""}', "application/json", 400),
        ("{", "application/json", 400),
        ("{" + " " * 70_000 + "}", "application/json", 400),
        ("email=ada@example.org", "application/x-www-form-urlencoded", 415),
    ],
)
def test_a_program_hears_what_is_wrong(stranger, topics, body, kind, status):
    assert stranger.post(reverse("subscribe_json"), body, content_type=kind).status_code == status
    assert not Ask.objects.exists()


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("gmial.com", "gmail.com"),
        ("gmai.com", "gmail.com"),
        ("gmaill.com", "gmail.com"),
        ("hotnail.com", "hotmail.com"),
        ("outlook.con", "outlook.com"),
        ("gmx.d", "gmx.de"),
        ("gmail.com", ""),
        ("mail.com", ""),
        ("ymail.com", ""),
        ("mit.edu", ""),
        ("uni-jena.de", ""),
    ],
)
def test_a_slip_of_one_letter_is_noticed(written, meant):
    assert meant_domain(written) == meant


@pytest.mark.parametrize(("email", "word"), [("ada@gmial.com", "ada@gmail.com"), ("ada@mailinator.com", "disappear")])
def test_a_likely_slip_is_asked_about_once_and_then_taken(client, email, word):
    asked = client.post(reverse("subscribe"), {"email": email})
    assert asked.status_code == 422
    assert word in asked.text
    assert f'name="sure" value="{email}"' in asked.text
    assert client.post(reverse("subscribe"), {"email": email, "sure": email}).status_code == 302


def test_a_look_at_the_digest_writes_nothing_and_keeps_what_was_filled_in(client, topics):
    page = client.post(reverse("subscribe"), {"email": "ada@example.org", "topics": ["robots"], "show": "preview"})
    assert page.status_code == 200
    assert "topics=robots" in page.text
    assert 'value="ada@example.org"' in page.text
    assert not Ask.objects.exists()


def test_only_these_doors_are_outside_the_csrf_check():
    """None of them acts with somebody's rights: the API only reads, and a webhook has its provider's secret."""
    outside = {door for door, view in doors(get_resolver().url_patterns) if getattr(view, "csrf_exempt", False)}
    ours = {door for door in outside if not door.startswith(("anymail/", "api/v1/"))}
    assert ours == {"u/<str:token>/", "subscribe/embed/", "api/subscribe/"}
    assert outside > ours


def doors(patterns, before=""):
    for pattern in patterns:
        address = f"{before}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            yield from doors(pattern.url_patterns, address)
        else:
            yield address, pattern.callback
