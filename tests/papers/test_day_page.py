"""The day: the page that everybody sees first."""

import datetime as dt
import re

import pytest
from django.urls import reverse

from tests.papers.shelf import ABSTRACT, DAY, make_paper

pytestmark = pytest.mark.django_db


def test_the_front_page_shows_the_newest_day_that_has_papers(client):
    make_paper(1, title="An older paper", featured_on=DAY - dt.timedelta(days=4))
    make_paper(2, title="The newest paper")
    page = client.get("/").text
    assert "The newest paper" in page
    assert "An older paper" not in page
    assert "Tuesday, 29 July 2025" in page


def test_the_arrows_step_over_empty_days(client):
    before, after = DAY - dt.timedelta(days=4), DAY + dt.timedelta(days=3)
    for number, day in enumerate((before, DAY, after), start=1):
        make_paper(number, featured_on=day)
    page = client.get(reverse("day", args=[DAY])).text
    assert f'rel="prev" href="{reverse("day", args=[before])}"' in page
    assert f'rel="next" href="{reverse("day", args=[after])}"' in page


def test_a_site_without_papers_says_so_kindly(client):
    answer = client.get("/")
    assert answer.status_code == 200
    assert "No papers yet today" in answer.text


def test_sixty_papers_cost_at_most_twelve_queries_and_sixty_kilobytes(client, django_assert_max_num_queries):
    """Papers as long as real ones are: titles of 75 signs, abstracts of 1,350, all links, two or three topics."""
    topics = ("vision", "retrieval", "long-context")
    for number in range(1, 61):
        make_paper(
            number,
            title=f"Keeping Lighthouse Number {number} Through Forty Winters of Wind, Rain and Ink",
            abstract=(ABSTRACT * 4)[:1350],
            authors=[f"Adelheid Lamplight-Wick {n}" for n in range(12)],
            topics=topics[: 2 + number % 2],
            code_url="https://code.example/lighthouses/forty-winters",
            project_url="https://lighthouses.example/forty-winters",
        )
    with django_assert_max_num_queries(12):
        answer = client.get("/")
    assert answer.text.count('class="paper"') == 60
    # Folded away and shown by the browser alone: the rest of each abstract.
    shown, folded = re.subn(r"</summary>.*?</details>", "", answer.text, flags=re.S)
    assert folded == 60
    assert len(shown.encode()) <= 60 * 1024


def test_a_topic_narrows_the_day(client):
    make_paper(1, title="A paper to see with", topics=("vision",))
    make_paper(2, title="A paper to hear with", topics=("audio",))
    page = client.get(reverse("day", args=[DAY]), {"topic": "vision"}).text
    assert "A paper to see with" in page
    assert "A paper to hear with" not in page


def test_a_hidden_paper_is_on_no_page(client):
    paper = make_paper(1, is_hidden=True)
    assert "Keeping lighthouse" not in client.get(reverse("day", args=[DAY])).text
    assert client.get(paper.get_absolute_url()).status_code == 404


def test_the_page_may_be_kept_and_asked_for_again(client):
    make_paper(1)
    answer = client.get("/")
    assert "public" in answer["Cache-Control"]
    assert "Cookie" not in answer.get("Vary", "")
    assert not answer.cookies
    assert client.get("/", headers={"If-None-Match": answer["ETag"]}).status_code == 304


@pytest.mark.parametrize("nonsense", ["page=x", "page=-1", "page=99999999", "topic=a%20b", "topic=%00"])
def test_nonsense_in_the_address_gets_a_page_that_says_so(client, nonsense):
    answer = client.get(f"/?{nonsense}")
    assert answer.status_code == 400
    assert "We could not read that request" in answer.text


def test_an_unknown_parameter_changes_nothing(client):
    make_paper(1)
    assert client.get("/?is_hidden=1&utm_source=elsewhere").status_code == 200


def test_an_impossible_date_is_nothing_at_this_address(client):
    answer = client.get("/papers/2025-02-31/")
    assert answer.status_code == 404
    assert "There is nothing at this address" in answer.text


def test_the_text_of_a_paper_is_never_markup(client):
    make_paper(1, title="<script>alert(1)</script>{{ 7|add:7 }}", abstract="<img src=x onerror=alert(1)>")
    page = client.get("/").text
    assert "<script" not in page
    assert "<img" not in page
    assert "{{ 7|add:7 }}" in page
