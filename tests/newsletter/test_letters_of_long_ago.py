"""Somebody finds a letter of years ago: its digest is no longer kept, and every link in it does something sensible."""

import pytest
from django.urls import reverse

from mail.returning import return_address
from newsletter.discarding import discard
from newsletter.link_numbers import Target, link_number
from newsletter.mailbox import Filed, take_in
from newsletter.models import Digest, Event
from newsletter.views.tracking import PIXEL
from subscribers import leaving, tokens
from subscribers.models import Subscriber
from tests.newsletter.sent import NOW, make_paper, make_reader
from tests.newsletter.test_discarding import LONG_AGO, letter_of
from tests.newsletter.test_mailbox import bounce

pytestmark = pytest.mark.django_db
SENT = NOW - LONG_AGO


@pytest.fixture
def paper():
    return make_paper(pdf_url="https://papers.example/1.pdf")


@pytest.fixture
def gone(paper):
    digest = letter_of(SENT, make_reader(), paper)
    discard(now=NOW, is_over=lambda: False)
    assert not Digest.objects.exists()
    return digest


def token(purpose, subject):
    return tokens.sign(purpose, subject.pk, epoch=0, now=SENT)


def test_read_on_the_web_says_in_our_own_look_that_it_is_no_longer_kept(client, gone):
    page = client.get(reverse("web_view", args=[token(tokens.Purpose.WEB_VIEW, gone)]))
    assert page.status_code == 410
    assert "That letter is no longer kept" in page.text
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]
    assert client.get("/d/forged/").status_code == 404


def test_a_link_leads_on_to_its_paper_and_counts_nothing(client, gone, paper):
    def follow(number):
        return client.get(reverse("click", args=[token(tokens.Purpose.CLICK, gone), number]))

    assert follow(link_number(paper.pk, Target.PDF)).headers["Location"] == paper.pdf_url
    assert follow(link_number(paper.pk + 1)).status_code == 404
    paper.is_hidden = True
    paper.save()
    assert follow(link_number(paper.pk)).status_code == 404
    assert not Event.objects.exists()


@pytest.mark.parametrize("kind", ["more", "less", "up", "back"])
def test_a_word_on_a_paper_comes_too_late_and_the_paper_is_shown(client, gone, paper, kind):
    address = reverse("feedback", args=[token(tokens.Purpose.FEEDBACK, gone), link_number(paper.pk), kind])
    for page in (client.get(address), client.post(address)):
        assert page.status_code == 410
        assert paper.title in page.text
        assert paper.get_absolute_url() in page.text
    assert not Event.objects.exists()


def test_the_pixel_is_the_same_as_ever(client, gone):
    pixel = client.get(reverse("open_pixel", args=[token(tokens.Purpose.OPEN, gone)]))
    assert (pixel.status_code, pixel.content) == (200, PIXEL)


@pytest.mark.parametrize("way", ["page", "one click", "mail"])
def test_whoever_wants_to_leave_leaves(client, gone, way):
    unsubscribe = token(tokens.Purpose.UNSUBSCRIBE, gone.subscriber)
    if way == "page":
        client.post(reverse("unsubscribe", args=[unsubscribe]))
    elif way == "one click":
        client.post(reverse("one_click", args=[unsubscribe]), {"List-Unsubscribe": "One-Click"})
    else:
        assert leaving.leave_by_mail(f"unsubscribe+{unsubscribe}@paper-round.example", now=NOW)
    assert Subscriber.objects.get().state == "unsubscribed"


def test_a_late_bounce_is_nobodys(gone):
    assert take_in(bounce(return_address(f"d{gone.pk}")), now=NOW) == Filed.RETURNED
    assert Subscriber.objects.get().state == "active"
    assert not Event.objects.exists()


def test_no_later_digest_is_given_the_number_of_one_that_is_gone(gone, paper):
    assert letter_of(NOW, make_reader(2), paper).pk > gone.pk
