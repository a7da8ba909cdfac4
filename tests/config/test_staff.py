"""Users, roles and sign-ins in admin look and work like the other pages."""

import datetime as dt
import re

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission, User
from django.core.checks import run_checks
from django.urls import get_resolver, reverse
from unfold.admin import ModelAdmin

from subscribers.models import Subscriber


def test_all_pages_of_admin_wear_one_dress(admin_client):
    admin_client.get(reverse("admin:index"))  # the addresses are read with the first request
    for model, desk in admin.site._registry.items():
        assert isinstance(desk, ModelAdmin), model
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
        assert admin_client.get(reverse(name)).status_code == 200


def test_every_page_of_admin_is_sound():
    assert get_resolver().url_patterns  # the pages come with the addresses; the check alone would find none
    assert admin.site._registry
    assert run_checks(tags=["admin"]) == []


def test_an_editor_makes_a_colleague_and_gives_a_password(admin_client):
    words = {"username": "grace", "password1": "lantern-otter-42", "password2": "lantern-otter-42"}
    assert admin_client.post(reverse("admin:auth_user_add"), {**words, "usable_password": "true"}).status_code == 302
    grace = User.objects.get(username="grace")
    page = reverse("admin:auth_user_password_change", args=[grace.pk])
    assert admin_client.get(page).status_code == 200
    new = {"password1": "harbour-kettle-9", "password2": "harbour-kettle-9"}
    assert admin_client.post(page, {**new, "usable_password": "true"}).status_code == 302
    grace.refresh_from_db()
    assert grace.check_password("harbour-kettle-9")


def test_a_role_is_made_of_permissions_that_are_found_by_typing(admin_client):
    asked = {"app_label": "auth", "model_name": "group", "field_name": "permissions", "term": "edition"}
    found = admin_client.get(reverse("admin:autocomplete"), asked).json()["results"]
    assert "Can change edition" in " ".join(each["text"] for each in found)
    role = {"name": "editors", "permissions": [found[0]["id"]]}
    assert admin_client.post(reverse("admin:auth_group_add"), role).status_code == 302
    assert Group.objects.get().permissions.count() == 1


def test_who_signs_in_without_having_been_sent_there_comes_to_admin(client, admin_user):
    answer = client.post(reverse("admin:login"), {"username": "admin", "password": "password"}, follow=True)
    assert answer.redirect_chain == [(reverse("admin:index"), 302)]
    assert 'href="/static/favicon.svg' in answer.text


@pytest.mark.parametrize("path", ["/admin/", "/admin/subscribers/subscriber/", "/letters/"])
def test_the_pages_of_the_staff_speak_one_language_whatever_the_browser_asks_for(admin_client, path):
    page = admin_client.get(path, headers={"accept-language": "de"})
    assert page.headers["Content-Language"] == "en"
    assert 'lang="en"' in page.text
    assert "Heute" not in page.text


def test_an_empty_list_says_what_will_stand_in_it(admin_client):
    assert "Whatever comes back from a letter" in admin_client.get("/admin/newsletter/event/").text
    assert "No row has all" in admin_client.get("/admin/newsletter/event/?kind__exact=opened").text


def test_admin_has_the_icon_of_the_site_in_the_browsers_tab(admin_client):
    assert re.search(r"<link[^>]+favicon\.svg", admin_client.get("/admin/").text)


def test_columns_have_the_names_of_an_editor_and_times_their_zone(admin_client):
    Subscriber.objects.create(email="ada@example.org", next_digest_at=dt.datetime(2026, 11, 29, 6, tzinfo=dt.UTC))
    page = admin_client.get("/admin/subscribers/subscriber/").text
    assert "Select reader to change" in page
    assert "29\u00a0Nov\u00a02026, 06:00\u00a0UTC" in page


def test_who_makes_colleagues_gives_nobody_more_rights_than_they_were_trusted_with(client, admin_user):
    clerk = User.objects.create_user("clerk", password="lantern-otter-42", is_staff=True)
    role = Group.objects.create(name="clerks")
    role.permissions.set(Permission.objects.filter(content_type__app_label="auth"))
    clerk.groups.add(role)
    client.force_login(clerk)
    words = {"username": "clerk", "date_joined_0": "2026-01-01", "date_joined_1": "00:00", "is_active": "on"}
    own = reverse("admin:auth_user_change", args=[clerk.pk])
    client.post(own, {**words, "first_name": "Carl", "is_staff": "on", "is_superuser": "on"})
    clerk.refresh_from_db()
    assert (clerk.first_name, clerk.is_superuser) == ("Carl", False)
    new = {"password1": "harbour-kettle-9", "password2": "harbour-kettle-9", "usable_password": "true"}
    above = [admin_user.pk]
    assert client.post(reverse("admin:auth_user_password_change", args=above), new).status_code == 403
    assert client.post(reverse("admin:auth_user_delete", args=above), {"post": "yes"}).status_code == 403
    every = list(Permission.objects.values_list("pk", flat=True))
    change = client.post(reverse("admin:auth_group_change", args=[role.pk]), {"name": "clerks", "permissions": every})
    assert change.status_code == 403
    admin_user.refresh_from_db()
    assert admin_user.check_password("password")


@pytest.mark.django_db
@pytest.mark.parametrize(("codename", "answer"), [("add_subscriber", 403), ("view_user", 302)])
@pytest.mark.parametrize("is_active", [True, False])
def test_who_makes_colleagues_signs_in_as_nobody_who_may_do_more(client, codename, answer, is_active):
    clerk = User.objects.create_user("clerk", is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(content_type__model="user"))
    colleague = User.objects.create_user("grace", password="lantern-otter-42", is_staff=True, is_active=is_active)
    role = Group.objects.create(name="readers' friends")
    role.permissions.add(Permission.objects.get(codename=codename))
    colleague.groups.add(role)
    client.force_login(clerk)
    new = {"password1": "harbour-kettle-9", "password2": "harbour-kettle-9", "usable_password": "true"}
    for page, words in (("auth_user_password_change", new), ("auth_user_delete", {"post": "yes"})):
        assert client.post(reverse(f"admin:{page}", args=[colleague.pk]), words).status_code == answer
