"""A taste is read for many readers at once."""

import datetime as dt

import pytest
from django.utils import timezone

from newsletter.models import Digest, Edition
from newsletter.taste import tastes_of
from papers.models import Topic
from subscribers.models import Subscriber

NOW = dt.datetime(2025, 7, 29, 6, tzinfo=dt.UTC)


def reader(number: int, **wishes) -> Subscriber:
    return Subscriber.objects.create(
        email=f"reader{number}@example.org", state="active", confirmed_at=timezone.now(), **wishes
    )


@pytest.mark.django_db
def test_the_taste_holds_what_the_reader_asked_for():
    topic = Topic.objects.create(slug="audio", name="Audio")
    ada = reader(1, keywords=["whisper"], authors=["Ada Byron"])
    ada.topic_preferences.create(topic=topic, weight=2)
    taste = tastes_of([ada.pk], now=NOW)[ada.pk]
    assert (taste.topics, taste.keywords, taste.authors) == ({"audio": 2}, ("whisper",), ("Ada Byron",))


@pytest.mark.django_db
def test_a_paper_of_an_earlier_digest_has_been_seen():
    ada, bob = reader(1), reader(2)
    edition = Edition.objects.create(day=NOW.date(), expires_at=NOW + dt.timedelta(days=1))
    picks = [{"paper": 7, "reason": {"kind": "new", "value": ""}}]
    Digest.objects.create(edition=edition, subscriber=ada, picks=picks, not_before=NOW)
    tastes = tastes_of([ada.pk, bob.pk], now=NOW)
    assert (tastes[ada.pk].seen, tastes[bob.pk].seen) == ({7}, frozenset())


@pytest.mark.django_db
def test_the_number_of_queries_does_not_grow_with_the_readers(django_assert_max_num_queries):
    readers = [reader(number).pk for number in range(30)]
    with django_assert_max_num_queries(4):
        assert set(tastes_of(readers, now=NOW)) == set(readers)
