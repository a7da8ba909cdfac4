"""The editor's desk for readers."""

import re

import pytest
from bs4 import BeautifulSoup
from django.contrib import admin
from django.urls import get_resolver, reverse
from readers import NOW, a_reader, a_topic

from subscribers.models import (
    AddressChange,
    Ask,
    ConsentRecord,
    ImportRun,
    Notice,
    Subscriber,
    Suppression,
    hash_address,
)

pytestmark = pytest.mark.django_db
assert get_resolver().url_patterns  # with which the desks are loaded
OURS = [model for model in admin.site._registry if model._meta.app_label == "subscribers"]


def some_rows(count):
    for number in range(count):
        reader = a_reader(f"reader-{number}@example.org")
        Notice.objects.create(subscriber=reader, kind="manage", not_before=NOW)
        AddressChange.objects.create(subscriber=reader, email=f"new-{number}@example.org", asked_at=NOW)
        ConsentRecord.objects.create(
            subscriber=reader, address_hash=hash_address(reader.email), purpose="tracking", action="given", at=NOW
        )
        Suppression.remember(f"gone-{number}@example.org", Suppression.Reason.DELETED, now=NOW)
        Ask.objects.create(email=reader.email, limit_key="k", network="n", form="page", created_at=NOW)
        ImportRun.objects.create(file_name="people.csv", file=b"email\n", consent="x" * 10, started_at=NOW)


def list_of(model):
    return reverse(f"admin:subscribers_{model._meta.model_name}_changelist")


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.model_name)
def test_every_list_costs_the_same_queries_for_any_number_of_rows(model, admin_client, django_assert_max_num_queries):
    some_rows(12)
    with django_assert_max_num_queries(12):
        assert admin_client.get(list_of(model)).status_code == 200


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.model_name)
def test_every_row_can_be_opened(model, admin_client):
    some_rows(1)
    page = reverse(f"admin:subscribers_{model._meta.model_name}_change", args=[model.objects.first().pk])
    assert admin_client.get(page, follow=True).status_code == 200


def test_no_row_shows_an_address_as_its_name():
    some_rows(1)
    names = [str(model.objects.first()) for model in OURS]
    assert not [name for name in names if "@" in name or name == "None"]


def test_a_reader_is_found_by_a_part_of_the_address(admin_client):
    some_rows(3)
    page = admin_client.get(list_of(Subscriber), {"q": "reader-2@EXAMPLE"}).content.decode()
    assert "reader-2@example.org" in page
    assert "reader-1@example.org" not in page


def test_a_suppressed_address_is_found_by_the_address_although_only_its_hash_is_kept(admin_client):
    some_rows(2)
    page = admin_client.get(list_of(Suppression), {"q": "gone-1@example.org"}).content.decode()
    assert hash_address("gone-1@example.org") in page
    assert hash_address("gone-0@example.org") not in page


@pytest.mark.parametrize(
    ("state", "buttons"),
    [
        ("active", {"pause_until_resumed", "stop_all_mail"}),
        ("paused", {"resume", "stop_all_mail"}),
        ("unsubscribed", set()),
    ],
)
def test_the_page_of_a_reader_has_the_buttons_that_change_something(admin_client, state, buttons):
    reader = a_reader(state=state)
    url = reverse("admin:subscribers_subscriber_change", args=[reader.pk])
    assert set(re.findall(r"/ask_(\w+)", admin_client.get(url).text)) == buttons


def test_a_button_of_a_readers_page_asks_and_its_form_acts_on_nobody_else(admin_client):
    reader, other = a_reader(), a_reader("bob@example.org")
    url = reverse("admin:subscribers_subscriber_ask_stop_all_mail", args=[reader.pk])
    question = BeautifulSoup(admin_client.get(url).text, "html.parser").find("form", method="post", class_="max-w-3xl")
    assert "ada@example.org" in question.text
    assert Subscriber.objects.active().count() == 2
    fields = {field["name"]: field.get("value", "") for field in question.find_all("input")}
    admin_client.post(question["action"], fields)
    assert list(Subscriber.objects.active()) == [other]


@pytest.mark.parametrize(
    ("action", "state"), [("pause_until_resumed", "paused"), ("resume", "active"), ("revoke_links", "active")]
)
def test_each_action_reaches_its_state(admin_client, action, state):
    reader = a_reader()
    sent = {"action": action, "_selected_action": [str(reader.pk)], "confirmed": "yes"}
    admin_client.post(list_of(Subscriber), sent)
    reader.refresh_from_db()
    assert reader.state == state
    assert reader.link_epoch == (1 if action == "revoke_links" else 0)


def test_deleting_a_reader_keeps_the_hash(admin_client):
    reader = a_reader()
    admin_client.post(reverse("admin:subscribers_subscriber_delete", args=[reader.pk]), {"post": "yes"})
    assert not Subscriber.objects.exists()
    assert Suppression.objects.get().address_hash == hash_address("ada@example.org")


def test_wishes_changed_by_the_editor_move_the_next_digest(admin_client):
    reader = a_reader()
    a_topic("vision")
    page = reverse("admin:subscribers_subscriber_change", args=[reader.pk])
    sent = {
        "keywords": "sparse attention",
        "authors": "",
        "size": "10",
        "min_papers": "1",
        "language": "en",
        "cadence": "daily",
        "days": ["2"],
        "hour": "9",
        "timezone": "UTC",
        "quiet_holidays": "",
        "state": "complained",
        "topic_preferences-TOTAL_FORMS": "0",
        "topic_preferences-INITIAL_FORMS": "0",
    }
    Subscriber.objects.update(next_digest_at=None)
    assert admin_client.post(page, sent).status_code == 302
    reader.refresh_from_db()
    assert (reader.hour, reader.next_digest_at.hour, reader.state) == (9, 9, "active")
    assert (reader.keywords, reader.days) == (["sparse attention"], [2])


@pytest.mark.parametrize(
    "nonsense",
    [
        {"cadence": "days"},
        {"min_papers": "20"},
        {"hour": "24"},
        {"size": "51"},
        {"language": "xx"},
        {"quiet_holidays": "ZZ"},
        {"timezone": "Moon/Base"},
    ],
    ids=str,
)
def test_wishes_that_no_reader_could_have_are_refused_of_an_editor_too(admin_client, nonsense):
    reader = a_reader()
    page = reverse("admin:subscribers_subscriber_change", args=[reader.pk])
    fields = ["size", "min_papers", "language", "cadence", "hour", "timezone", "quiet_holidays"]
    sent = {name: getattr(reader, name) for name in fields} | {"keywords": "", "authors": ""}
    sent |= {"topic_preferences-TOTAL_FORMS": "0", "topic_preferences-INITIAL_FORMS": "0"}
    assert admin_client.post(page, sent | nonsense).status_code == 200
    assert admin_client.post(page, sent).status_code == 302


def test_a_reader_who_leaves_while_an_editor_saves_their_wishes_has_left(admin_client, monkeypatch):
    reader = a_reader()

    def saved_late(self, **kwargs):
        Subscriber.objects.get(pk=self.pk).leave(now=NOW)
        return save(self, **kwargs)

    save = Subscriber.save
    monkeypatch.setattr(Subscriber, "save", saved_late)
    fields = ["size", "min_papers", "language", "cadence", "timezone", "quiet_holidays"]
    sent = {name: getattr(reader, name) for name in fields} | {"keywords": "", "authors": "", "hour": "9"}
    sent |= {"topic_preferences-TOTAL_FORMS": "0", "topic_preferences-INITIAL_FORMS": "0"}
    admin_client.post(reverse("admin:subscribers_subscriber_change", args=[reader.pk]), sent)
    reader.refresh_from_db()
    assert (reader.hour, reader.state) == (9, "unsubscribed")


def test_a_person_without_rights_sees_no_reader(client, django_user_model):
    client.force_login(django_user_model.objects.create_user("guest", is_staff=True))
    assert client.get(list_of(Subscriber)).status_code == 403


def test_from_a_reader_the_editor_comes_to_everything_about_them(admin_client):
    some_rows(2)
    reader = Subscriber.objects.first()
    page = admin_client.get(reverse("admin:subscribers_subscriber_change", args=[reader.pk])).content.decode()
    links = re.findall(r'href="(/admin/[^"]+subscriber__id__exact=[^"]+)"', page)
    assert len(links) == 4
    for path in links:
        answer = admin_client.get(path)
        assert answer.status_code == 200, path
        assert answer.context["cl"].result_count == (1 if "notice" in path or "consent" in path else 0)
