"""The doors that letters lead to."""

import datetime as dt

import pytest
import time_machine
from django.db import connection
from django.utils import translation
from django.utils.translation import gettext

from newsletter.link_numbers import Target, link_number
from newsletter.models import Digest, Event
from newsletter.views.tracking import PIXEL
from subscribers import tokens
from subscribers.tokens import Purpose
from tests.newsletter.sent import NOW, make_digest, make_paper, make_reader

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def paper():
    return make_paper(pdf_url="https://papers.example/1.pdf")


@pytest.fixture
def digest(paper):
    return make_digest(make_reader(), paper)


def link(purpose, digest, end, epoch=0):
    return f"/{purpose.name[0].lower()}/{tokens.sign(purpose, digest.pk, epoch=epoch, now=NOW)}{end}"


def pixel(digest):
    return link(Purpose.OPEN, digest, ".gif")


def click(digest, paper, target=Target.PAPER):
    return link(Purpose.CLICK, digest, f"/{link_number(paper.pk, target)}/")


def feedback(digest, paper, kind):
    return link(Purpose.FEEDBACK, digest, f"/{link_number(paper.pk)}/{kind}/")


def test_a_letter_opened_five_times_is_opened_once(client, digest):
    for _ in range(5):
        response = client.get(pixel(digest), headers={"User-Agent": FIREFOX})
    event = Event.objects.get()
    assert (event.kind, event.digest, event.subscriber, event.is_machine) == (
        "opened",
        digest,
        digest.subscriber,
        False,
    )
    assert (response.status_code, len(response.content), response["Content-Type"]) == (200, 43, "image/gif")


@pytest.mark.parametrize("token", ["x", "A" * 44, "%00", "😀", "a" * 5000])
def test_an_unknown_token_gets_the_same_picture_and_no_cookie(client, digest, token):
    known = client.get(pixel(digest))
    unknown = client.get(f"/o/{token}.gif")
    assert unknown.content == known.content == PIXEL
    assert unknown.headers == known.headers
    assert not unknown.cookies
    assert unknown["Cache-Control"] == "no-store, private"
    assert Event.objects.count() == 1


def test_a_click_leads_to_the_paper_and_is_kept_once(client, digest, paper):
    for _ in range(3):
        response = client.get(click(digest, paper), headers={"User-Agent": FIREFOX})
        assert (response.status_code, response["Location"]) == (302, "https://papers.example/1")
    assert client.get(click(digest, paper, Target.PDF))["Location"] == "https://papers.example/1.pdf"
    assert client.get(click(digest, paper, Target.CODE))["Location"] == "https://papers.example/1"  # it has none
    assert not response.cookies
    assert response["Cache-Control"] == "no-store, private"
    assert response["Referrer-Policy"] == "no-referrer"
    assert Event.objects.filter(kind="clicked", paper=paper, is_machine=False).count() == 1


def test_an_address_that_a_paper_lacks_leads_to_its_page(client):
    paper = make_paper(2, url="")
    digest = make_digest(make_reader(2), paper)
    assert client.get(click(digest, paper, Target.CODE))["Location"] == f"/paper/{paper.pk}/"


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "https:evil.example"])
def test_a_paper_with_a_wicked_address_leads_to_its_page(client, url):
    paper = make_paper(3, url=url)
    digest = make_digest(make_reader(3), paper)
    assert client.get(click(digest, paper))["Location"] == f"/paper/{paper.pk}/"


@pytest.mark.parametrize(
    "query", ["?next=https://evil.example", "?url=//evil.example", "?to=/\\evil.example", "?u=javascript:x%0d%0aX: y"]
)
def test_no_query_changes_where_a_click_leads(client, digest, paper, query):
    assert client.get(click(digest, paper) + query)["Location"] == "https://papers.example/1"


def test_a_paper_that_the_digest_did_not_bring_is_not_found(client, digest):
    stranger = make_paper(9)
    assert client.get(click(digest, stranger)).status_code == 404
    assert client.get(feedback(digest, stranger, "more")).status_code == 404


@pytest.mark.parametrize("purpose", [p for p in Purpose if p not in (Purpose.OPEN, Purpose.CLICK, Purpose.FEEDBACK)])
def test_a_token_of_another_purpose_opens_no_door(client, digest, paper, purpose):
    token, number = tokens.sign(purpose, digest.pk, now=NOW), link_number(paper.pk)
    client.get(f"/o/{token}.gif")
    assert client.get(f"/c/{token}/{number}/").status_code == 404
    assert client.post(f"/f/{token}/{number}/more/").status_code == 404
    assert not Event.objects.exists()


def test_head_is_safe(client, digest, paper):
    assert client.head(pixel(digest)).status_code == 200
    assert client.head(click(digest, paper)).status_code == 302
    assert client.head(feedback(digest, paper, "more")).status_code == 200
    assert not Event.objects.exists()


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_other_methods_are_refused(client, digest, paper, method):
    for address in (pixel(digest), click(digest, paper), feedback(digest, paper, "less")):
        assert getattr(client, method)(address).status_code == 405


@pytest.mark.parametrize("consent", ["unknown", "denied"])
def test_without_consent_a_click_leads_on_and_nothing_is_kept(client, paper, consent):
    digest = make_digest(make_reader(4, tracking=consent), paper)
    client.get(pixel(digest), headers={"User-Agent": FIREFOX})
    response = client.get(click(digest, paper), headers={"User-Agent": FIREFOX})
    assert response.status_code == 302
    assert not Event.objects.exists()


def test_links_that_the_reader_revoked_count_nobody(client, digest, paper):
    digest.subscriber.revoke_links()
    client.get(pixel(digest), headers={"User-Agent": FIREFOX})
    assert client.get(click(digest, paper)).status_code == 404
    assert client.post(feedback(digest, paper, "more")).status_code == 404
    assert not Event.objects.exists()


def test_the_links_of_a_deleted_reader_lead_nowhere(client, digest, paper):
    digest.subscriber.delete()
    client.get(pixel(digest))
    assert client.get(click(digest, paper)).status_code == 404


def test_looking_at_the_feedback_page_says_nothing_and_pressing_the_button_does(client, digest, paper):
    page = client.get(feedback(digest, paper, "more"))
    assert page.status_code == 200
    assert paper.title in page.content.decode()
    assert page["Referrer-Policy"] == "same-origin"  # with less, browsers post without an origin, which is refused
    assert not Event.objects.exists()
    assert client.post(feedback(digest, paper, "more")).status_code == 200
    event = Event.objects.get()
    assert (event.kind, event.paper, event.subscriber) == ("more", paper, digest.subscriber)


def test_feedback_is_said_by_hand_so_it_needs_no_consent_to_tracking(client, paper):
    digest = make_digest(make_reader(5, tracking="denied"), paper)
    client.post(feedback(digest, paper, "less"))
    assert Event.objects.get().kind == "less"


def test_the_last_word_on_a_paper_counts(client, digest, paper):
    for kind in ("more", "more", "less", "more"):
        client.post(feedback(digest, paper, kind))
    assert Event.objects.get().kind == "more"


def test_an_upvote_counts_once_a_reader_and_paper_and_can_be_taken_back(client, digest, paper):
    again = make_digest(digest.subscriber, paper, day=NOW.date() - dt.timedelta(days=1))
    other = make_digest(make_reader(7, tracking="denied"), paper)

    def votes():
        paper.refresh_from_db()
        return paper.reader_votes

    assert client.get(feedback(digest, paper, "up")).status_code == 200
    assert votes() == 0
    for letter in (digest, digest, again, other):
        assert client.post(feedback(letter, paper, "up")).status_code == 200
    assert votes() == 2
    assert "2 upvotes of our readers" in client.get(paper.get_absolute_url()).content.decode()
    client.post(feedback(again, paper, "back"))
    assert votes() == 1
    assert paper.votes == 0
    digest.subscriber.refresh_from_db()
    assert digest.subscriber.seen_at == NOW  # a sign of life: who votes is not asked whether the digest is of use
    assert sorted(Event.objects.values_list("kind", flat=True)) == ["unvoted", "upvoted"]


@pytest.mark.parametrize(
    ("agent", "is_machine"),
    [
        (FIREFOX, False),
        ("Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)", False),
        ("YahooMailProxy; https://help.example", False),
        ("Mozilla/5.0 (X) Chrome/42 Safari/537 (via ggpht.com GoogleImageProxy) Edge/12.246 Mozilla/5.0", True),
        ("Mozilla/5.0", True),
        ("", True),
        ("curl/8.1", True),
        ("Barracuda Sentinel (EE)", True),
    ],
)
def test_a_machine_is_known_by_its_name(client, digest, agent, is_machine):
    client.get(pixel(digest), headers={"User-Agent": agent})
    assert Event.objects.get().is_machine is is_machine


@pytest.mark.parametrize("sent_at", [NOW - dt.timedelta(seconds=2), None])
def test_a_click_within_seconds_of_sending_or_before_is_a_machines(client, digest, paper, sent_at):
    digest.sent_at = sent_at
    digest.save()
    client.get(click(digest, paper), headers={"User-Agent": FIREFOX})
    assert Event.objects.get().is_machine


def click_all(client, digest, papers, pause=0):
    """Follow the link of each paper; return how many clicks are a machine's."""
    for number, paper in enumerate(papers):
        with time_machine.travel(NOW + dt.timedelta(seconds=number * pause), tick=False):
            client.get(click(digest, paper), headers={"User-Agent": FIREFOX})
    return Event.objects.filter(kind="clicked", is_machine=True).count()


@pytest.mark.parametrize(("links", "pause", "machines"), [(3, 0, 0), (4, 0, 4), (6, 0, 6), (6, 5, 0)])
def test_a_scanner_that_opens_link_after_link_is_found_out_and_a_reader_is_not(client, links, pause, machines):
    papers = [make_paper(number) for number in range(10, 10 + links)]
    assert click_all(client, make_digest(make_reader(6), *papers), papers, pause) == machines


def test_readers_who_click_at_the_same_time_are_no_scanner(client, paper):
    for number in range(10, 15):
        assert click_all(client, make_digest(make_reader(number), paper), [paper]) == 0


def test_a_readers_own_click_counts_after_a_scanners(client, digest, paper):
    for agent in ("curl/8.1", FIREFOX):
        client.get(click(digest, paper), headers={"User-Agent": agent})
        client.get(pixel(digest), headers={"User-Agent": agent})
    counted = Event.objects.filter(is_machine=False).values_list("kind", flat=True)
    assert sorted(counted) == ["clicked", "opened"]


def test_a_paper_that_was_taken_back_is_led_to_no_more(client, digest, paper):
    type(paper).objects.update(is_hidden=True)
    assert client.get(click(digest, paper)).status_code == 404
    assert client.post(feedback(digest, paper, "more")).status_code == 404


def test_the_page_of_an_opinion_speaks_the_readers_language(client, digest, paper):
    type(digest.subscriber).objects.update(language="de")
    with translation.override("de"):
        question = gettext("More like this?")
    assert question != "More like this?"
    assert question in client.get(feedback(digest, paper, "more")).text


def test_counting_an_open_takes_few_queries(client, digest, django_assert_max_num_queries):
    with django_assert_max_num_queries(8):
        client.get(pixel(digest), headers={"User-Agent": FIREFOX})


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("door", ["click", "open", "opinion"])
def test_a_page_comes_though_its_digest_is_deleted_in_this_very_moment(client, digest, paper, door):
    def delete_after_the_look(execute, sql, *rest):
        found = execute(sql, *rest)
        if '"subscriber_id" FROM "newsletter_digest" WHERE "newsletter_digest"."id" IN' in sql:
            Digest.objects.filter(pk=digest.pk).delete()
        return found

    with connection.execute_wrapper(delete_after_the_look):
        if door == "click":
            assert client.get(click(digest, paper), headers={"User-Agent": FIREFOX})["Location"] == paper.url
        elif door == "open":
            assert client.get(pixel(digest), headers={"User-Agent": FIREFOX}).content == PIXEL
        else:
            assert client.post(feedback(digest, paper, "more")).status_code == 200
    assert not Digest.objects.exists()
    assert not Event.objects.exists()
