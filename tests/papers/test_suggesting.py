"""A visitor suggests a paper."""

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from papers import suggesting
from papers.models import Paper, Suggestion
from papers.sources import SourceError
from tests.papers.shelf import make_paper

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("2507.19849", "2507.19849"),
        (" arXiv:2507.19849v3 ", "2507.19849"),
        ("https://arxiv.org/abs/2507.19849v1", "2507.19849"),
        ("https://arxiv.org/pdf/2507.19849.pdf", "2507.19849"),
        ("astro-ph/0601001", "astro-ph/0601001"),
        ("math.GT/0309136", "math.gt/0309136"),
    ],
)
def test_every_way_to_write_an_arxiv_id_is_understood(client, typed, kept):
    assert client.post("/suggest/", {"paper": typed}).status_code == 302
    assert Suggestion.objects.get().arxiv_id == kept


@pytest.mark.parametrize("typed", ["", "10.1000/182", "https://evil.example/abs/2507.19849", "2507.19849 OR 1=1"])
def test_what_is_no_arxiv_id_gets_a_word_of_help(client, typed):
    answer = client.post("/suggest/", {"paper": typed})
    assert answer.status_code == 400
    assert 'class="errors"' in answer.text
    assert not Suggestion.objects.exists()


def test_a_paper_that_is_here_is_shown(client):
    paper = make_paper(1)
    answer = client.post("/suggest/", {"paper": paper.arxiv_id})
    assert answer["Location"] == paper.get_absolute_url()
    assert not Suggestion.objects.exists()


def test_the_same_suggestion_twice_is_one_that_weighs_more(client):
    for _ in range(2):
        client.post("/suggest/", {"paper": "2507.19849"})
    assert Suggestion.objects.get().times == 2


def test_a_machine_that_fills_the_hidden_field_is_thanked_and_forgotten(client):
    assert client.post("/suggest/", {"paper": "2507.19849", "website": "x"}).status_code == 302
    assert not Suggestion.objects.exists()


def test_one_place_cannot_fill_the_list(client):
    for number in range(suggesting.AN_HOUR):
        client.post("/suggest/", {"paper": f"2507.{number:05}"})
    answer = client.post("/suggest/", {"paper": "2507.99999"})
    assert answer.status_code == 429
    assert "A little slower" in answer.text
    assert Suggestion.objects.count() == suggesting.AN_HOUR


def test_asking_changes_nothing(client):
    client.get("/suggest/?paper=2507.19849")
    assert not Suggestion.objects.exists()


def test_a_form_without_its_token_is_refused():
    answer = Client(enforce_csrf_checks=True).post("/suggest/", {"paper": "2507.19849"})
    assert answer.status_code == 403
    assert "This is not open to you" in answer.text
    assert "Paper Round" in answer.text
    assert not Suggestion.objects.exists()


class OneAnswer:
    """A web that knows one paper."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    def get(self, url, **_):
        return self.body


ATOM = b"""<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:arxiv="http://arxiv.org/schemas/atom"><entry>
<id>http://arxiv.org/abs/2507.19849v2</id><title>A lamp that reads</title><summary>It reads by its own light.</summary>
<published>2025-07-26T00:00:00Z</published><updated>2025-07-27T00:00:00Z</updated>
<author><name>Ada Lamp</name></author><category term="cs.CV"/></entry></feed>"""


def test_a_suggestion_that_is_taken_in_is_among_todays_papers():
    now = timezone.now()
    suggestion = Suggestion.objects.create(arxiv_id="2507.19849", created_at=now)
    suggesting.take(suggestion, web=OneAnswer(ATOM), now=now)
    paper = Paper.objects.get(arxiv_id="2507.19849")
    assert (paper.title, paper.featured_on) == ("A lamp that reads", now.date())
    assert suggestion.state == Suggestion.State.TAKEN


def test_a_suggestion_that_arxiv_does_not_know_goes_on_waiting():
    suggestion = Suggestion.objects.create(arxiv_id="2507.99999", created_at=timezone.now())
    nothing = b'<feed xmlns="http://www.w3.org/2005/Atom"></feed>'
    with pytest.raises(SourceError, match="no such paper"):
        suggesting.take(suggestion, web=OneAnswer(nothing), now=timezone.now())
    suggestion.refresh_from_db()
    assert suggestion.state == Suggestion.State.WAITING


def test_an_editor_leaves_a_suggestion_and_it_is_written_down(admin_client):
    suggestion = Suggestion.objects.create(arxiv_id="2507.19849", created_at=timezone.now())
    address = reverse("admin:papers_suggestion_changelist")
    assert "2507.19849" in admin_client.get(address).text
    admin_client.post(address, {"action": "leave", "_selected_action": [suggestion.pk], "confirmed": "yes"})
    suggestion.refresh_from_db()
    assert suggestion.state == Suggestion.State.LEFT
    assert LogEntry.objects.filter(object_id=suggestion.pk).exists()
