"""What a browser may do: strict on the site, a little less in admin, whose theme needs it."""

import pytest

pytestmark = pytest.mark.django_db


def test_no_page_of_the_site_may_run_what_is_not_ours(client):
    policy = client.get("/").headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy


def test_the_theme_of_admin_may_evaluate_or_nobody_could_sign_in(client):
    policy = client.get("/admin/login/").headers["Content-Security-Policy"]
    assert "script-src 'self' 'unsafe-eval'" in policy
    assert "frame-ancestors 'none'" in policy


def test_the_editor_finds_every_room_from_the_side(admin_client):
    page = admin_client.get("/admin/").content.decode()
    for path in ("newsletter/edition", "papers/paper", "subscribers/subscriber", "auth/user"):
        assert f'href="/admin/{path}/"' in page


def test_a_page_that_is_a_letter_sends_nothing_anywhere(client):
    policy = client.get("/preview/").headers["Content-Security-Policy"]
    for directive in ("default-src", "form-action", "base-uri"):
        assert f"{directive} 'none'" in policy


def test_no_cookie_changes_a_page_that_caches_share(client):
    page = client.get("/", headers={"cookie": "django_language=de; ;=de; =de", "accept-language": "en"})
    assert page["Content-Language"] == "en"
    assert "public" in page["Cache-Control"]
    assert client.get("/", headers={"accept-language": "de"})["Content-Language"] == "de"
