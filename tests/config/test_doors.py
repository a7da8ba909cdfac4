"""Who knocks at the doors: counted where they come from, however they come."""

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.test import RequestFactory
from django.urls import reverse

from papers.public import place_of


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2::9", "2001:db8:1:2::"),
        ("", ""),
        ("192.0.2.7:1234", ""),
        ("x" * 1000, ""),
    ],
)
def test_a_place_is_an_address_or_a_network_of_ipv6_or_nothing(said, place):
    assert place_of(RequestFactory().get("/", REMOTE_ADDR=said)) == place


def sign_in(client, password, place, **headers):
    words, headers = {"username": "grace", "password": password}, {"HTTP_X_FORWARDED_FOR": place, **headers}
    answer = client.post(reverse("admin:login"), words, REMOTE_ADDR="127.0.0.1", **headers)
    client.post(reverse("admin:logout"))
    return answer.status_code


def test_a_stranger_behind_our_proxy_locks_out_nobody_but_themselves(client, settings, django_user_model):
    settings.BEHIND_PROXY = True
    User.objects.create_superuser("grace", password="lantern-otter-42")
    for number in range(6):
        locked = sign_in(client, "guess", f"203.0.113.{number}, 198.51.100.9")
    assert locked == 429
    assert sign_in(client, "lantern-otter-42", "198.51.100.9") == 429
    assert sign_in(client, "lantern-otter-42", "192.0.2.7") == 302


def test_a_place_that_is_none_can_sign_in(client, settings, db):
    settings.BEHIND_PROXY = True
    User.objects.create_superuser("grace", password="lantern-otter-42")
    assert sign_in(client, "guess", "unknown") == 200
    assert sign_in(client, "lantern-otter-42", "unknown") == 302


@pytest.mark.parametrize("charset", ["utf-7", "unicode_escape", "rot13", "hex", "idna", "utf-16"])
def test_a_form_in_a_strange_encoding_is_refused_at_every_door(client, db, charset):
    part = b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n+2AA-\\ud800\r\n'
    body = b"".join(part % name for name in (b"paper", b"keywords", b"username", b"password")) + b"--b--\r\n"
    kind = f"multipart/form-data; boundary=b; charset={charset}"
    for door in ("/subscribe/", "/subscribe/embed/", "/suggest/", "/u/x/", "/admin/login/"):
        assert client.generic("POST", door, body, content_type=kind).status_code == 400


@pytest.mark.parametrize("charset", ["utf-8", "UTF8", "us-ascii", "no-such-thing"])
def test_a_form_in_an_encoding_that_reads_as_ours_is_read(client, db, charset):
    content = b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n'
    kind = f"multipart/form-data; boundary=b; charset={charset}"
    assert client.generic("POST", "/u/x/", content, content_type=kind).status_code == 404


@pytest.mark.parametrize("size", ["9" * 5_000, "²", "-1", "1e9"])
def test_a_preview_of_a_strange_size_is_a_preview(client, db, size):
    assert client.get(f"/preview/?size={size}").status_code == 200


def test_a_name_of_megabytes_is_no_name_and_is_not_kept(client, db):
    for name in ("x" * 100_000, "x" * 99_999):
        assert client.post(reverse("admin:login"), {"username": name, "password": "guess"}).status_code == 200
    assert (AccessAttempt.objects.get().username, AccessAttempt.objects.get().failures_since_start) == ("x" * 150, 2)


def test_another_browser_at_each_try_is_the_same_stranger(client, db):
    answers = [sign_in(client, "guess", "", HTTP_USER_AGENT=f"browser {number}") for number in range(6)]
    assert answers[4:] == [429, 429]


def test_who_is_locked_out_of_admin_writes_no_more(client, db):
    for _ in range(5):
        sign_in(client, "guess", "")
    before = AccessAttempt.objects.values().get()
    for _ in range(3):
        assert sign_in(client, "guess", "") == 429
    assert AccessAttempt.objects.values().get() == before
