"""The site in German: dates as Germans write them, and no English left between the words."""

import datetime as dt
import json

import pytest
from django.utils import translation

from papers.models import Topic
from papers.starting import SHIPPED
from tests.papers.shelf import DAY, make_paper, make_topic

pytestmark = pytest.mark.django_db


def german(client, path):
    return client.get(path, headers={"accept-language": "de"}).text


def test_a_day_is_dated_and_signed_in_german(client):
    make_paper(1)
    page = german(client, "/")
    assert "Dienstag, 29.\u00a0Juli 2025" in page
    assert "von der Redaktion und der Forschung" in page
    assert "the editor" not in page


def test_an_editor_with_a_name_signs_with_it(client, settings):
    settings.EDITOR_NAME = "Ada Lovelace"
    make_paper(1)
    assert "von Ada Lovelace und der Forschung" in german(client, "/")


def test_a_span_of_days_and_an_older_day_have_their_points(client):
    make_paper(1)
    make_paper(2, featured_on=DAY - dt.timedelta(days=1))
    assert "28.\u00a0Juli – 3.\u00a0August 2025" in german(client, "/week/2025-W31/")
    assert "Der Tag davor: 28.\u00a0Juli" in german(client, f"/papers/{DAY}/")


def test_topics_have_german_names_wherever_a_reader_meets_them_and_an_editors_own_stands_as_typed(client):
    make_topic("agents", name="Agents & tool use", description="Models that act.")
    make_topic("tides", name="Search")
    paper = make_paper(1, topics=("agents", "tides"))
    pages = ("/", "/topics/", "/topics/agents/", "/search/", "/trending/", f"/paper/{paper.pk}/", "/subscribe/")
    for path in pages:
        page = german(client, path)
        assert "Agenten &amp; Werkzeuge" in page, path
        assert "Agents" not in page, path
    assert "<h1>Search</h1>" in german(client, "/topics/tides/")
    assert "Agents &amp; tool use" in client.get("/topics/").text


def test_every_shipped_topic_is_described_in_german():
    entries = json.loads((SHIPPED / "topics.json").read_text())
    with translation.override("de"):
        for entry in entries:
            topic = Topic(name=entry["name"], description=entry["description"])
            assert topic.label != topic.name, topic.name
            assert topic.about != topic.description, topic.name


def test_the_calls_of_the_api_are_explained_in_german(client):
    page = german(client, "/api/")
    assert "Eine Arbeit" in page
    assert "One paper" not in page
