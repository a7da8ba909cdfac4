"""What a digest would look like, before anybody is sent one."""

import pytest
from django.urls import reverse

from newsletter.models import Digest
from papers.models import Topic
from tests.papers.shelf import make_paper

pytestmark = pytest.mark.django_db


@pytest.fixture
def shelf():
    """Return two topics with a paper each."""
    Topic.objects.all().delete()
    topics = [Topic.objects.create(slug=slug, name=slug.title()) for slug in ("vision", "speech")]
    for number, topic in enumerate(topics, 1):
        make_paper(number, title=f"A paper on {topic.slug}", topics=(topic.slug,))
    return topics


def preview(client, **fields):
    return client.get(reverse("preview"), fields).content.decode()


def test_the_preview_follows_the_fields_of_the_preferences(client, shelf):
    vision, speech = shelf
    page = preview(client, **{f"topic-{vision.pk}": "2", f"topic-{speech.pk}": "-2"})
    assert "A paper on vision" in page
    assert "A paper on speech" not in page
    assert not Digest.objects.exists()


def test_the_preview_follows_the_chips_of_the_sign_up_form(client, shelf):
    assert "because you follow Speech" in preview(client, topics="speech")


def test_words_and_people_come_with_their_reason(client, shelf):
    assert "Ada Lamp" in preview(client, authors="Ada Lamp\nBob").split("because")[1]


def test_a_word_that_is_also_a_topics_slug_is_told_as_it_was_written(client, shelf):
    make_paper(3, title="Speech helps vision", topics=("speech",), votes=0)
    page = preview(client, topics="vision", keywords="vision")
    assert "because you follow Vision" in page
    assert "because it mentions “vision”" in page


@pytest.mark.parametrize(
    "nonsense", [{"size": "many"}, {"size": "0"}, {"language": "tlh"}, {"topics": "x" * 500}, {"topic-1": "9"}]
)
def test_nonsense_shows_a_digest_too(client, shelf, nonsense):
    assert client.get(reverse("preview"), nonsense).status_code == 200
