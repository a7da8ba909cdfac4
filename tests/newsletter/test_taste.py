"""A taste is read for many readers at once."""

import datetime as dt

import pytest
from django.utils import timezone

from newsletter.learning import ranker_of
from newsletter.models import Digest, Edition, Event
from newsletter.taste import MOST_OPENED, remember, tastes_of
from papers.models import Paper, Topic
from papers.ranking import Candidate, rank
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
def test_readers_of_whom_nothing_is_known_share_one_nothing():
    tastes = tastes_of([reader(1).pk, reader(2).pk], now=NOW).values()
    assert len({id(empty) for taste in tastes for empty in (taste.liked, taste.seen, taste.updated)}) == 1


@pytest.mark.django_db
def test_a_paper_sent_in_an_earlier_version_may_come_again_as_an_update_once():
    ada, bob, eve = reader(1), reader(2), reader(3)
    revised = Paper.objects.create(
        identity="arxiv:1", title_key="1", title="Revised", featured_on=NOW.date(), arxiv_version=2
    )
    edition = Edition.objects.create(day=NOW.date(), expires_at=NOW + dt.timedelta(days=1))
    for subscriber, version in ((ada, {"version": 1}), (bob, {"version": 2}), (eve, {})):
        picks = [{"paper": revised.pk, "reason": {"kind": "new", "value": ""}, **version}]
        Digest.objects.create(edition=edition, subscriber=subscriber, picks=picks, not_before=NOW)
    tastes = tastes_of([ada.pk, bob.pk, eve.pk], now=NOW)
    assert [tastes[r.pk].updated for r in (ada, bob, eve)] == [{revised.pk}, frozenset(), frozenset()]
    assert [tastes[r.pk].seen for r in (ada, bob, eve)] == [frozenset(), {revised.pk}, {revised.pk}]
    Subscriber.objects.filter(pk=ada.pk).update(wants_updates=False)
    declined = tastes_of([ada.pk], now=NOW)[ada.pk]
    assert (declined.seen, declined.updated) == ({revised.pk}, frozenset())


@pytest.mark.django_db
def test_the_number_of_queries_does_not_grow_with_the_readers(django_assert_max_num_queries):
    readers = [reader(number).pk for number in range(30)]
    with django_assert_max_num_queries(5):  # for 30 readers as for one
        assert set(tastes_of(readers, now=NOW)) == set(readers)


def paper(number: int, title: str = "") -> Paper:
    title = title or f"Paper {number}"
    return Paper.objects.create(identity=f"title:{number}", title_key=str(number), title=title, featured_on=NOW.date())


def sign(subscriber: Subscriber, of: Paper, kind: str, *, days: float = 0, is_machine: bool = False) -> None:
    at = NOW - dt.timedelta(days=days)
    key = f"{subscriber.pk}:{of.pk}:{kind}:{days}"
    Event.objects.create(subscriber=subscriber, paper=of, kind=kind, at=at, is_machine=is_machine, key=key)


@pytest.mark.django_db
def test_a_click_fades_with_time_and_a_wish_for_less_counts_against():
    ada, old, new, bad = reader(1, tracking="granted"), paper(1), paper(2), paper(3)
    sign(ada, old, "clicked", days=60)
    sign(ada, new, "clicked")
    sign(ada, bad, "less")
    assert tastes_of([ada.pk], now=NOW)[ada.pk].opened == pytest.approx({old.pk: 0.5, new.pk: 1, bad.pk: -1})


@pytest.mark.django_db
def test_without_consent_only_what_a_reader_pressed_a_button_for_is_learned():
    ada, clicked, liked = reader(1, tracking="denied"), paper(1), paper(2)
    voted, taken_back = paper(3), paper(4)
    sign(ada, clicked, "clicked")
    sign(ada, liked, "more")
    sign(ada, voted, "upvoted")
    sign(ada, taken_back, "unvoted")
    taste = tastes_of([ada.pk], now=NOW)[ada.pk]
    assert set(taste.opened) == taste.liked == {liked.pk, voted.pk}


@pytest.mark.django_db
def test_a_click_is_no_praise():
    ada, clicked, liked = reader(1, tracking="granted"), paper(1), paper(2)
    sign(ada, clicked, "clicked")
    sign(ada, liked, "more")
    sign(ada, liked, "clicked")
    assert tastes_of([ada.pk], now=NOW)[ada.pk].liked == {liked.pk}


@pytest.mark.django_db
def test_the_click_of_a_scanner_teaches_nothing():
    ada, clicked = reader(1, tracking="granted"), paper(1)
    sign(ada, clicked, "clicked", is_machine=True)
    assert tastes_of([ada.pk], now=NOW)[ada.pk].opened == {}


@pytest.mark.django_db
def test_a_deleted_reader_leaves_no_profile():
    ada, clicked = reader(1, tracking="granted"), paper(1)
    sign(ada, clicked, "clicked")
    pk = ada.pk
    ada.delete()
    assert tastes_of([pk], now=NOW) == {}
    assert not Event.objects.filter(paper=clicked).exists()


def test_a_profile_keeps_the_last_word_on_each_of_its_newest_papers():
    opened: dict[int, float] = {}
    for number in range(MOST_OPENED + 1):
        remember(opened, number, 1.0)
    remember(opened, 5, -1.0)
    assert len(opened) == MOST_OPENED
    assert 0 not in opened
    assert list(opened)[-1] == 5


@pytest.mark.django_db
def test_the_ranker_of_the_day_brings_what_is_like_the_clicked_paper():
    subjects = ["whispered speech in noisy rooms", "robots that fold laundry", "proteins seen by light"]
    papers = [paper(n, f"{subjects[n % 3]}, study {n}") for n in range(36)]
    ada = reader(1, tracking="granted")
    sign(ada, papers[1], "clicked", days=1)
    candidates = [Candidate(one.pk, one.title) for one in papers[30:]]
    taste = tastes_of([ada.pk], now=NOW)[ada.pk]
    first = rank(candidates, taste, limit=1, ranker=ranker_of(candidates, now=NOW))[0]
    assert first.reason.kind == "opened"
    assert first.reason.value == papers[1].title
    assert "laundry" in Paper.objects.get(pk=first.id).title


@pytest.mark.django_db
def test_digests_from_before_the_first_candidate_are_not_read():
    ada = reader(1)
    for days, paper in ((20, 5), (2, 7)):
        day = NOW - dt.timedelta(days=days)
        edition = Edition.objects.create(day=day.date(), expires_at=day)
        digest = Digest.objects.create(edition=edition, subscriber=ada, picks=[{"paper": paper}], not_before=day)
        Digest.objects.filter(pk=digest.pk).update(created_at=day)
    week = NOW - dt.timedelta(days=7)
    assert tastes_of([ada.pk], now=NOW, since=week)[ada.pk].seen == {7}
    assert tastes_of([ada.pk], now=NOW)[ada.pk].seen == {5, 7}
