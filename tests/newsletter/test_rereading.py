"""What a reader liked and what they were sent, to be found again."""

import datetime as dt

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from newsletter import tracking
from newsletter.link_numbers import link_number
from newsletter.models import Event
from subscribers.tokens import Purpose, sign
from tests.newsletter.sent import NOW, make_digest, make_paper, make_reader

pytestmark = pytest.mark.django_db
MORE, LESS, UP = Event.Kind.MORE, Event.Kind.LESS, Event.Kind.UPVOTED


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def ada():
    return make_reader()


def own(reader, name="own_papers", *args, purpose=Purpose.MANAGE):
    return reverse(name, args=[reader.token(purpose, now=NOW), *args])


def like(reader, *papers, kind=UP, minutes=0, day=None):
    digest = make_digest(reader, *papers, day=day)
    for paper in papers:
        tracking.say(digest, paper, kind, now=NOW + dt.timedelta(minutes=minutes))
    return digest


def test_what_was_upvoted_or_asked_for_more_of_is_found_again_the_last_first(client, ada):
    papers = [make_paper(number) for number in range(1, 5)]
    for minutes, (paper, kind) in enumerate(zip(papers, (UP, MORE, LESS, UP), strict=True)):
        like(ada, paper, kind=kind, minutes=minutes, day=NOW.date() - dt.timedelta(days=minutes))
    like(make_reader(2), make_paper(9))
    page = client.get(own(ada)).text
    places = [page.find(f'href="/paper/{paper.pk}/"') for paper in papers]
    assert 0 < places[3] < places[1] < places[0]
    assert places[2] == -1
    assert "3 papers that you liked" in page
    assert "part 9" not in page


def test_a_paper_that_is_liked_twice_stands_once(client, ada):
    paper = make_paper()
    digest = like(ada, paper)
    tracking.say(digest, paper, MORE, now=NOW)
    assert "1 paper that you liked" in client.get(own(ada)).text


def test_what_is_taken_back_is_off_the_list_and_its_vote_counts_no_more(client, ada):
    paper = make_paper()
    digest = like(ada, paper)
    tracking.say(digest, paper, MORE, now=NOW)
    answer = client.post(own(ada, "take_back", paper.pk))
    assert answer.url == own(ada)
    assert "Nothing liked yet" in client.get(answer.url).text
    paper.refresh_from_db()
    assert paper.reader_votes == 0
    tracking.say(digest, paper, UP, now=NOW + dt.timedelta(minutes=1))
    assert "1 paper that you liked" in client.get(own(ada)).text


def test_taking_back_what_was_never_liked_changes_nothing(client, ada):
    theirs = make_paper()
    like(make_reader(2), theirs)
    assert client.post(own(ada, "take_back", theirs.pk)).status_code == 302
    assert client.post(own(ada, "take_back", 10**30)).status_code == 404
    theirs.refresh_from_db()
    assert theirs.reader_votes == 1


def test_looking_changes_nothing_and_no_foreign_page_takes_back(client, ada):
    paper = make_paper()
    like(ada, paper)
    assert client.get(own(ada, "take_back", paper.pk)).status_code == 405
    assert Client(enforce_csrf_checks=True).post(own(ada, "take_back", paper.pk)).status_code == 403
    assert list(Event.objects.values_list("kind", flat=True)) == ["upvoted"]


@pytest.mark.parametrize(("form", "mark"), [("bibtex", "title = {"), ("ris", "TI  - ")])
def test_all_that_was_liked_is_one_file(client, ada, form, mark):
    like(ada, *[make_paper(number) for number in range(1, 4)])
    address = own(ada, "own_citations", form)
    assert f'href="{address}"' in client.get(own(ada)).text
    assert client.get(address).text.count(mark) == 3


def test_a_hidden_paper_is_on_no_list_and_in_no_feed(client, ada):
    like(ada, make_paper(is_hidden=True))
    assert "Nothing liked yet" in client.get(own(ada)).text
    assert client.get(own(ada, "own_feed", "json", purpose=Purpose.FEED)).json()["items"] == []


def test_the_digests_that_came_are_read_again_and_no_others(client, ada):
    digest = make_digest(ada, make_paper())
    make_digest(ada, make_paper(2), state="unknown", day=NOW.date() - dt.timedelta(days=1))
    make_digest(make_reader(2), make_paper(3), day=NOW.date() - dt.timedelta(days=2))
    page = client.get(own(ada)).text
    link = page[page.index("/d/") :].partition('"')[0]
    assert page.count(f'">{digest.edition.day:%A}') == 1
    assert "A study of small things, part 1" in client.get(link).text


def test_a_digest_that_is_read_again_opens_no_more_than_its_letter_does(client, ada, clock):
    """The page may be passed on: fresh keys to the preferences in it would be passed on too."""
    make_digest(ada, make_paper())
    clock.shift(dt.timedelta(days=29))
    page = client.get(own(ada)).text
    letter = client.get(page[page.index("/d/") :].partition('"')[0]).text
    keys = letter[letter.index("/preferences/") :].partition('"')[0]
    assert client.get(keys).status_code == 200
    clock.shift(dt.timedelta(days=2))
    assert client.get(keys).status_code == 410


def test_an_own_feed_brings_the_papers_of_the_digests_the_newest_digest_first(client, ada):
    old, one, two = (make_paper(number) for number in range(1, 4))
    make_digest(ada, old, two, day=NOW.date() - dt.timedelta(days=1))
    ada.digests.update(sent_at=NOW - dt.timedelta(days=1))
    make_digest(ada, two, one)
    items = client.get(own(ada, "own_feed", "json", purpose=Purpose.FEED)).json()["items"]
    assert [item["title"] for item in items] == [paper.title for paper in (two, one, old)]
    assert client.get(own(ada, "own_feed", "atom", purpose=Purpose.FEED)).text.count("<entry>") == 3


def test_the_address_of_a_feed_lives_for_years_and_opens_nothing_else(client, ada, clock):
    feed = own(ada, "own_feed", "atom", purpose=Purpose.FEED)
    clock.shift(dt.timedelta(days=3_000))
    assert client.get(feed)["Cache-Control"] == "no-store, private"
    for purpose in Purpose:
        opened = client.get(own(ada, "own_feed", "atom", purpose=purpose)).status_code
        assert opened == (200 if purpose == Purpose.FEED else 404), purpose
    assert client.get(own(ada, "manage", purpose=Purpose.FEED)).status_code == 404
    assert client.get(own(ada, purpose=Purpose.FEED)).status_code == 404


def test_a_feed_ends_with_its_reader_and_with_revoked_links(client, ada):
    feed = own(ada, "own_feed", "atom", purpose=Purpose.FEED)
    ada.revoke_links()
    assert client.get(feed).status_code == 404
    feed = own(ada, "own_feed", "atom", purpose=Purpose.FEED)
    ada.delete()
    assert client.get(feed).status_code == 404


@pytest.mark.parametrize("count", [1, 40])
def test_the_page_asks_as_much_for_many_papers_as_for_one(client, ada, count, django_assert_max_num_queries):
    like(ada, *[make_paper(number) for number in range(1, count + 1)])
    with django_assert_max_num_queries(6):
        client.get(own(ada))


@pytest.mark.parametrize(("kind", "is_told"), [("up", True), ("more", True), ("less", False), ("back", False)])
def test_whoever_likes_a_paper_is_told_where_to_find_it_again(client, ada, kind, is_told):
    paper = make_paper()
    token = sign(Purpose.FEEDBACK, make_digest(ada, paper).pk, now=NOW)
    page = client.post(reverse("feedback", args=[token, link_number(paper.pk), kind])).text
    assert ("lead to all that you liked" in page) == is_told


def test_the_preferences_lead_there(client, ada):
    assert f'href="{own(ada)}"' in client.get(own(ada, "manage")).text
