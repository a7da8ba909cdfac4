"""Every action on ticked rows, on every desk of admin, shows what it would do before it does it; every record stays."""

import datetime as dt

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group, User
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver, reverse
from django.utils import timezone

from newsletter.models import Edition, Experiment, Recipe
from papers.models import Paper, PaperTopic, Source, SourceRun, Suggestion, Topic
from subscribers.models import ConsentRecord, ImportRun, Subscriber, Suppression, TopicPreference
from tests.newsletter.readers import make_reader
from tests.papers.shelf import make_paper

pytestmark = pytest.mark.django_db
assert get_resolver().url_patterns  # with which the desks are loaded
NOW = timezone.now()

# A row of each desk that has actions; a new desk or action is tried as soon as it is there.
ROWS = {
    Paper: lambda: [make_paper(1), make_paper(2)],
    Source: lambda: [Source.objects.create(name="A feed", kind="feed")],
    Suggestion: lambda: [Suggestion.objects.create(arxiv_id="2507.19849", created_at=NOW)],
    Topic: lambda: [Topic.objects.create(name="Vision", slug="vision")],
    Subscriber: lambda: [make_reader(1)],
    Edition: lambda: [Edition.objects.create(day=NOW.date(), expires_at=NOW + dt.timedelta(days=1))],
    Experiment: lambda: [Experiment.objects.create(name="More votes", changes={"votes": 0.9}, share=0.2)],
    Recipe: lambda: [Recipe.objects.create()],
    Group: lambda: [Group.objects.create(name="editors")],
}
# Hands out a table, changes nothing, and is written down.
HANDS_OUT = {(ConsentRecord, "download")}


def test_an_empty_desk_says_one_plain_sentence_and_a_full_one_counts_what_was_looked_for(admin_client):
    url = reverse("admin:subscribers_subscriber_changelist")
    empty = admin_client.get(url).content.decode()
    assert "Readers come by the sign-up page" in empty
    assert "0 results" not in empty
    make_reader(1)
    make_reader(2)
    assert "2 results" not in admin_client.get(url).content.decode()
    assert "2 results" in admin_client.get(url, {"q": "example"}).content.decode()


@pytest.mark.parametrize(
    ("model", "query"),
    [("papers_suggestion", {"state__exact": "taken"}), ("papers_topic", {"q": "nothing"})]
    + [("newsletter_edition", {"day__year": 1999}), ("newsletter_edition", {"note": "none"})],
)
def test_a_desk_on_which_nothing_was_found_counts_nothing_and_offers_all(admin_client, model, query):
    for make in (ROWS[Suggestion], ROWS[Topic], ROWS[Edition]):
        make()
    page = admin_client.get(reverse(f"admin:{model}_changelist"), query).text
    assert "Nothing fits" in page
    assert "Show all" in page
    assert "0 results" not in page


def test_every_desk_counts_its_rows_once(admin_client):
    for model in admin.site._registry:
        page = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        with CaptureQueriesContext(connection) as asked:
            assert admin_client.get(page).status_code == 200
        counts = [
            query["sql"] for query in asked if f'COUNT(*) AS "__count" FROM "{model._meta.db_table}"' in query["sql"]
        ]
        assert len(counts) <= 1, model


def actions():
    request = RequestFactory().get("/")
    request.user = User(is_superuser=True, is_active=True)
    for model, desk in admin.site._registry.items():
        yield from ((model, name) for name in desk.get_actions(request) if (model, name) not in HANDS_OUT)


def everything():
    tables = [model for model in apps.get_models() if model._meta.app_label != "sessions"]
    return {model._meta.label: list(model._base_manager.order_by("pk").values()) for model in tables}


def do(client, model, name, rows, **more):
    page = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    return client.post(page, {"action": name, "_selected_action": [row.pk for row in rows], **more})


@pytest.mark.parametrize(("model", "name"), list(actions()), ids=lambda each: getattr(each, "__name__", each))
def test_an_action_shows_what_it_would_do_and_changes_nothing_before_the_editor_says_yes(admin_client, model, name):
    rows = ROWS[model]()
    before = everything()
    answer = do(admin_client, model, name, rows)
    assert answer.status_code == 200, "no question was asked"
    assert 'method="post"' in answer.text
    assert everything() == before


@pytest.mark.parametrize(
    ("model", "name"), [(Source, "ask_now"), (Suggestion, "leave"), (Subscriber, "stop_all_mail"), (Edition, "pause")]
)
def test_what_was_confirmed_is_done_and_written_down_once_however_often_the_button_is_pressed(
    admin_client, admin_user, model, name
):
    rows = ROWS[model]()
    assert do(admin_client, model, name, rows, confirmed="yes").status_code == 302
    assert LogEntry.objects.filter(user=admin_user, object_id=rows[0].pk).count() == 1
    if model in (Subscriber, Edition):
        do(admin_client, model, name, rows, confirmed="yes")
        assert LogEntry.objects.count() == 1


def test_all_readers_are_not_deleted_with_one_press(admin_client, monkeypatch):
    monkeypatch.setattr("subscribers.admin.reader._MOST_DELETED", 1)
    monkeypatch.setattr("subscribers.admin.reader._MOST_AT_ONCE", 1)
    rows = [make_reader(1), make_reader(2)]
    for name in ("delete_selected", "stop_all_mail"):
        do(admin_client, Subscriber, name, rows[:1], select_across="1", post="yes", confirmed="yes")
    assert Subscriber.objects.active().count() == 2


def delete(client, row):
    page = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_delete", args=[row.pk])
    return client.post(page, {"post": "yes"})


def test_records_and_what_letters_name_cannot_be_deleted(admin_client):
    run = SourceRun.objects.create(kind="feed", started_at=NOW)
    brought = ImportRun.objects.create(file_name="people.csv", consent="x" * 10, started_at=NOW, rows=1, rows_done=1)
    for row in (make_paper(1), run, brought):
        assert delete(admin_client, row).status_code == 403
        row.refresh_from_db()


def test_a_file_that_brought_nobody_may_go(admin_client):
    delete(admin_client, ImportRun.objects.create(file_name="people.csv", consent="x" * 10, started_at=NOW))
    assert not ImportRun.objects.exists()


@pytest.mark.parametrize("used_by", ["reader", "paper", "topic"])
def test_a_topic_in_use_is_switched_off_and_not_deleted_with_its_readers_wishes(admin_client, used_by):
    topic = Topic.objects.create(name="Vision", slug="vision")
    if used_by == "reader":
        TopicPreference.objects.create(subscriber=make_reader(1), topic=topic, weight=1)
    elif used_by == "paper":
        PaperTopic.objects.create(paper=make_paper(1), topic=topic, confidence=1)
    else:
        Topic.objects.create(name="Video", slug="video", parent=topic)
    assert delete(admin_client, topic).status_code == 403
    assert Topic.objects.filter(pk=topic.pk).exists()


def test_a_topic_that_nobody_uses_may_be_deleted(admin_client):
    delete(admin_client, Topic.objects.create(name="Vision", slug="vision"))
    assert not Topic.objects.exists()


def test_addresses_are_taken_off_the_list_one_at_a_time(admin_client):
    for number in (1, 2):
        Suppression.remember(f"gone{number}@example.org", Suppression.Reason.DELETED, now=NOW)
    do(admin_client, Suppression, "delete_selected", Suppression.objects.all(), post="yes")
    assert Suppression.objects.count() == 2
    delete(admin_client, Suppression.objects.first())
    assert Suppression.objects.count() == 1


def test_what_a_colleague_did_is_not_deleted_with_them(admin_client, admin_user):
    grace, newcomer = User.objects.create_user("grace"), User.objects.create_user("newcomer")
    LogEntry.objects.create(user=grace, object_repr="an edition", action_flag=CHANGE, change_message="cancel: Cancel")
    assert delete(admin_client, grace).status_code == 403
    assert delete(admin_client, admin_user).status_code == 403
    assert delete(admin_client, newcomer).status_code == 302
    assert set(User.objects.values_list("username", flat=True)) == {"grace", "admin"}
    assert LogEntry.objects.filter(change_message="cancel: Cancel").exists()


def test_the_consents_are_a_table_of_addresses_and_it_is_written_down_who_took_them(admin_client, client):
    reader = make_reader(1)
    row = ConsentRecord.objects.create(
        subscriber=reader, address_hash="0" * 64, purpose="tracking", action="given", at=NOW
    )
    table = b"".join(do(admin_client, ConsentRecord, "download", [row]).streaming_content)
    assert reader.email.encode() in table
    assert LogEntry.objects.get().object_repr == "1 consents"

    guest = User.objects.create_user("guest", is_staff=True)
    guest.user_permissions.add(*permission_to_look_at(ConsentRecord))
    client.force_login(guest)
    assert "text/csv" not in do(client, ConsentRecord, "download", [row]).headers["Content-Type"]
    assert LogEntry.objects.count() == 1


def permission_to_look_at(model):
    return ContentType.objects.get_for_model(model).permission_set.filter(codename__startswith="view_")


def pages_of_a_row():
    for desk in admin.site._registry.values():
        named = [url for url in desk.get_urls() if url.name and "object_id" in url.pattern.converters]
        yield from (url.name for url in named)


@pytest.mark.parametrize("name", sorted(set(pages_of_a_row())))
def test_the_page_of_a_row_that_cannot_be_is_not_there(admin_client, name):
    for number in ("x", "0", "99999999999999999999999"):
        page = admin_client.get(reverse(f"admin:{name}", args=[number]), follow=True)
        assert page.status_code in (200, 403, 404), number
