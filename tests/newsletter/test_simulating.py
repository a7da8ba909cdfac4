"""The editor sees what the ranker would do and turns its weights within reason."""

import datetime as dt

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.urls import reverse

from newsletter.models import Recipe
from newsletter.simulating import papers_of, readers_of
from papers.models import Paper, Topic
from papers.ranking import Taste
from subscribers.models import Subscriber
from tests.newsletter.readers import make_reader

NOW = dt.datetime(2025, 7, 29, 6, tzinfo=dt.UTC)


@pytest.fixture
def day(db):
    topic = Topic.objects.create(slug="audio", name="Audio")
    papers = [
        Paper.objects.create(
            identity=f"title:{n}", title_key=str(n), title=f"Invented paper {n}", featured_on=NOW.date(), votes=n
        )
        for n in range(12)
    ]
    papers[0].paper_topics.create(topic=topic)
    return papers


def test_every_candidate_has_a_verdict_and_the_muted_says_so(day):
    found = papers_of(Taste(topics={"audio": -2}), NOW.date(), limit=5, now=NOW)
    fates = {paper.pk: verdict.fate for paper, verdict in found}
    assert len(fates) == len(day)
    assert fates[day[0].pk] == "muted"
    assert list(fates.values()).count("picked") == 5


def test_who_will_get_a_paper_is_counted_over_the_readers(day):
    topic = Topic.objects.get(slug="audio")
    for number in range(4):
        reader = Subscriber.objects.create(
            email=f"r{number}@example.org", state="active", confirmed_at=NOW, size=1, min_papers=1
        )
        if number:
            reader.topic_preferences.create(topic=topic, weight=1)
    audience = readers_of(day[0], NOW.date(), now=NOW)
    assert (audience.asked, audience.readers, audience.expected) == (4, 3, 3)
    assert audience.reasons == [("topic", 3)]


def test_the_page_shows_causes_and_an_unknown_reader_gets_a_plain_word(admin_client, day):
    url = reverse("admin:simulate_ranking")
    page = admin_client.get(url, {"day": "2025-07-29", "keywords": "invented", "paper": day[3].pk}).content.decode()
    assert "keyword: invented" in page
    assert "readers asked would get it" in page
    for nobody in ("99", "²", "9" * 5_000):
        assert "No reader has this number" in admin_client.get(url, {"day": "2025-07-29", "reader": nobody}).text
    assert "Enter a valid date" in admin_client.get(url, {"day": "0001-01-01"}).text


def test_a_visitor_sees_no_simulation(client, db):
    assert client.get(reverse("admin:simulate_ranking")).status_code == 302


def test_only_who_may_see_readers_simulates_one_by_name(day, client, django_user_model):
    clerk = django_user_model.objects.create_user("clerk", is_staff=True)
    client.force_login(clerk)
    page = reverse("admin:simulate_ranking")
    assert client.get(page).status_code == 403
    clerk.user_permissions.add(Permission.objects.get(codename="view_recipe"))
    reader = make_reader(1, keywords=["invented"])
    asked = client.get(page, {"day": "2025-07-29", "reader": reader.email})
    assert asked.status_code == 200
    assert "keyword: invented" not in asked.text
    assert "No reader has this number" not in client.get(page, {"day": "2025-07-29", "reader": "99"}).text


def test_the_weights_in_admin_hold_and_nonsense_is_refused(day):
    Recipe(votes=0, topic=3).save()
    assert (Recipe.in_force().votes, Recipe.in_force().topic) == (0, 3)
    with pytest.raises(ValidationError, match="votes"):
        Recipe(votes=-1).full_clean()
