"""Two editors with one page open: the second save is no silent loss of the first."""

import datetime as dt
import re

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse

from newsletter.models import Edition
from papers.models import Topic

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna():
    return signed_in("anna")


@pytest.fixture
def ben():
    return signed_in("ben")


def signed_in(name):
    client = Client()
    client.force_login(get_user_model().objects.create_superuser(name, f"{name}@example.org", "x"))
    return client


def open_page(client, row):
    """Return the address of the row's page and what stands in its form."""
    page = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
    form = client.get(page).context["adminform"].form
    shown = {name: form[name].value() for name in form.fields}
    shown = {name: value for name, value in shown.items() if value is not None and value is not False}
    return page, shown | hidden(client.get(page))


def hidden(page):
    fields = re.findall(r'name="(as_seen|\w+-(?:TOTAL|INITIAL)_FORMS)" value="(\d+)"', page.text)
    return dict(fields)


def save(client, opened, **changed):
    page, shown = opened
    return client.post(page, shown | changed)


@pytest.fixture(params=["topic", "edition"])
def row_and_field(request):
    if request.param == "topic":
        return Topic.objects.create(slug="a-topic", name="A topic"), "description"
    return Edition.objects.of_day(dt.date(2026, 3, 2)), "note"


def test_the_second_save_is_told_of_the_first_and_a_press_more_saves(anna, ben, row_and_field):
    row, field = row_and_field
    hers, his = open_page(anna, row), open_page(ben, row)
    assert save(anna, hers, **{field: "Anna's words"}).status_code == 302
    answer = save(ben, his, **{field: "Ben's words"})
    assert "anna saved this on" in answer.text
    assert "Ben&#x27;s words" in answer.text
    row.refresh_from_db()
    assert getattr(row, field) == "Anna's words"
    assert save(ben, (his[0], his[1] | hidden(answer)), **{field: "Ben's words"}).status_code == 302
    row.refresh_from_db()
    assert getattr(row, field) == "Ben's words"


def test_one_editor_saves_as_often_as_they_like(anna, row_and_field):
    row, field = row_and_field
    for words in ("one", "two"):
        assert save(anna, open_page(anna, row), **{field: words}).status_code == 302
        row.refresh_from_db()
        assert getattr(row, field) == words
