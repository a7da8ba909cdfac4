"""Every page of the papers beside the day."""

import datetime as dt
import json
from xml.etree import ElementTree

import pytest
from django.core.cache import cache
from django.urls import reverse

from mail import links
from papers.models import Topic
from tests.papers.shelf import ABSTRACT, DAY, make_paper, make_topic

pytestmark = pytest.mark.django_db


def test_week_and_month_gather_their_days(client):
    make_paper(1, title="Of this Monday", featured_on=dt.date(2025, 7, 28))
    make_paper(2, title="Of the next Monday", featured_on=dt.date(2025, 8, 4))
    week = client.get("/week/2025-W31/").text
    assert "Of this Monday" in week
    assert "Of the next Monday" not in week
    assert 'rel="next" href="/week/2025-W32/"' in week
    month = client.get("/month/2025-07/").text
    assert "Of this Monday" in month
    assert 'rel="next" href="/month/2025-08/"' in month


def test_a_week_begins_with_what_was_liked_most_however_old(client):
    make_paper(1, title="New and rising", featured_on=dt.date(2025, 8, 1), votes=5, trend=0.9)
    make_paper(2, title="Old and liked", featured_on=dt.date(2025, 7, 28), votes=90, trend=0.1)
    page = client.get("/week/2025-W31/").text
    assert page.index("Old and liked") < page.index("New and rising")


def test_trending_puts_what_moves_most_first(client):
    make_paper(1, title="Slow", trend=0.1)
    make_paper(2, title="Fast", trend=0.9)
    page = client.get("/trending/").text
    assert page.index("Fast") < page.index("Slow")


def test_trending_says_why_with_true_terms_only(client):
    for number in range(1, 11):
        make_paper(number, votes=number - 1, trend=number / 10)
    page = client.get("/trending/").text
    assert "more votes than 95\u202f% of its day's papers" in page
    assert page.count('class="why"') == 9


def test_a_topic_says_what_it_is_and_offers_to_follow_it(client):
    make_topic("vision", description="Seeing machines.")
    make_paper(1, topics=("vision",))
    page = client.get("/topics/vision/").text
    assert "Seeing machines." in page
    assert "topic=vision" in page
    assert "Keeping lighthouse number 1" in page


@pytest.mark.parametrize("papers_a_day", [1, 7, 30])
def test_walking_back_through_a_topic_meets_every_paper_once(client, papers_a_day):
    made = {
        make_paper(number, topics=("vision",), featured_on=DAY - dt.timedelta(days=number // papers_a_day)).pk
        for number in range(1, 95)
    }
    address, met = "/topics/vision/", []
    while address:
        answer = client.get(address)
        stretch = answer.context["stretch"]
        met += [paper.pk for paper in stretch.papers]
        address = f"/topics/vision/?before={stretch.before}" if stretch.before else ""
    assert len(met) == len(set(met))
    assert set(met) == made


def test_a_day_with_too_many_papers_of_a_topic_points_to_its_own_page(client):
    for number in range(1, 40):
        make_paper(number, topics=("vision",))
    page = client.get("/topics/vision/").text
    assert f"{reverse('day', args=[DAY])}?topic=vision" in page


def test_a_paper_shows_everything_and_its_like(client):
    paper = make_paper(
        1, title="Reading lighthouse logs for weather", topics=("vision",), code_url="https://a.example/c"
    )
    make_paper(2, title="Lighthouse logs and the weather of coasts", topics=("vision",))
    for number in range(3, 8):
        make_paper(number, title="Unrelated tides", topics=("vision",), abstract="Of moons and harbours.")
    page = client.get(paper.get_absolute_url()).text
    assert ABSTRACT.strip()[-30:] in page
    assert 'name="citation_title"' in page
    assert "/authors/Ada%20Lamp/" in page
    assert "Lighthouse logs and the weather of coasts" in page
    assert "Unrelated tides" not in page


def test_an_author_page_gathers_the_name_however_it_is_written(client):
    make_paper(1, authors=["Zoë Möller"], title="By Zoë")
    make_paper(2, authors=["Zoë Zhang", "Ann Möller"], title="By two others")
    page = client.get("/authors/zoe moller/").text
    assert "By Zoë" in page
    assert "By two others" not in page
    assert client.get("/authors/Nobody At All/").status_code == 404


@pytest.mark.parametrize("address", ["/atom/", "/topics/vision/atom/", "/search/atom/?q=lighthouse"])
def test_atom_feeds_are_well_formed_and_lead_to_the_papers(client, address):
    paper = make_paper(1, title="Ink & <rain>", topics=("vision",))
    answer = client.get(address)
    assert answer["Content-Type"].startswith("application/atom+xml")
    atom = "{http://www.w3.org/2005/Atom}"
    entry = ElementTree.fromstring(answer.content).find(f"{atom}entry")
    assert entry.findtext(f"{atom}title") == "Ink & <rain>"
    assert entry.findtext(f"{atom}id").endswith(paper.get_absolute_url())


@pytest.mark.parametrize("address", ["/json/", "/topics/vision/json/", "/search/json/?q=lighthouse"])
def test_json_feeds_hold_what_their_standard_asks_for(client, address):
    paper = make_paper(1, topics=("vision",))
    answer = client.get(address)
    feed = json.loads(answer.content)
    assert answer["Content-Type"] == "application/feed+json"
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["feed_url"].endswith(address)
    assert [item["title"] for item in feed["items"]] == [paper.title]


def test_the_sitemap_leads_to_every_paper(client):
    paper = make_paper(1)
    index = client.get("/sitemap.xml").text
    assert "/sitemaps/2025-07.xml" in index
    assert f"{paper.get_absolute_url()}</loc>" in client.get("/sitemaps/2025-07.xml").text
    assert ElementTree.fromstring(client.get("/sitemaps/pages.xml").content) is not None


def test_the_read_api_answers_what_the_pages_show(client):
    paper = make_paper(1, topics=("vision",))
    day = client.get(f"/api/v1/days/{DAY}/").json()
    assert day["papers"][0]["title"] == paper.title
    assert day["papers"][0]["topics"] == [{"slug": "vision", "name": "Vision", "confidence": 0.9}]
    assert client.get("/api/v1/topics/vision/papers/").json()["papers"][0]["id"] == paper.pk
    assert client.get("/api/v1/search/?q=lighthouse").json()["count"] == 1
    assert client.get(f"/api/v1/papers/{paper.pk}/").json()["day"] == "2025-07-29"
    assert client.get("/api/v1/search/?q=x&page=9999").status_code == 422


def test_any_page_on_the_web_may_read_the_api(client):
    make_topic("vision")
    answer = client.get("/api/v1/topics/")
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert "public" in answer["Cache-Control"]
    assert client.get("/api/v1/papers/999/").status_code == 404


def test_the_next_page_keeps_what_was_asked_for_and_nothing_else(client):
    for number in range(1, 75):
        make_paper(number, topics=("vision",))
    page = client.get(f"{reverse('day', args=[DAY])}?topic=vision&utm_source=elsewhere").text
    assert 'href="?topic=vision&amp;page=2"' in page
    assert "elsewhere" not in page
    results = client.get("/search/?q=lighthouse&sort=newest&evil=1").text
    assert 'href="?q=lighthouse&amp;sort=newest&amp;page=2"' in results
    assert "evil" not in results


def test_the_api_has_its_pace(client):
    cache.clear()
    codes = {client.get("/api/v1/topics/").status_code for _ in range(121)}
    cache.clear()
    assert codes == {200, 429}


def test_the_api_describes_itself(client):
    description = client.get("/api/v1/openapi.json").json()
    page = client.get("/api/").text
    assert len(description["paths"]) == 5
    for path in description["paths"]:
        assert path in page


@pytest.mark.parametrize("name", ["day", "week", "month", "trending", "topics", "search", "suggest", "api", "robots"])
def test_a_site_without_papers_stands(client, name):
    assert client.get(reverse(name)).status_code == 200


@pytest.mark.parametrize("name", ["day", "week", "trending", "topics", "search", "health", "robots"])
def test_a_public_page_is_only_read(client, name):
    assert client.post(reverse(name)).status_code == 405


@pytest.mark.parametrize("address", ["/week/2025-W99/", "/month/2025-13/", "/papers/9999-12-31/", "/topics/none/"])
def test_an_address_that_names_nothing_is_not_found(client, address):
    assert client.get(address).status_code == 404


@pytest.mark.parametrize(
    "address", ["/papers/1000-01-01/", "/papers/2999-12-31/", "/week/2999-W52/", "/month/2999-12/"]
)
def test_the_ends_of_the_calendar_are_quiet_days(client, address):
    make_paper(1)
    assert client.get(address).status_code == 200


def test_no_crawler_may_follow_a_personal_link_of_a_letter(client):
    told = client.get("/robots.txt").text.splitlines()
    closed = tuple(line.removeprefix("Disallow: ") for line in told if line.startswith("Disallow: "))
    assert [path for path in links.PATHS.values() if "<token>" in path and not path.startswith(closed)] == []


@pytest.mark.parametrize("typed", ["%01", "a%0bb", "%EF%BF%BE", "%C2%9B"])
def test_a_feed_of_a_search_is_xml_whatever_was_typed(client, typed):
    answer = client.get(f"/search/atom/?q={typed}")
    assert answer.status_code == 200
    ElementTree.fromstring(answer.content)


def test_a_feed_is_xml_whatever_sign_was_pasted_into_a_topics_name(client):
    make_paper(1, topics=("vision",))
    Topic.objects.update(name="Vision\x0band sight")
    for address in ("/atom/", "/topics/vision/atom/"):
        ElementTree.fromstring(client.get(address).content)


def test_a_topic_of_the_api_is_asked_by_a_slug_alone(client):
    """PostgreSQL refuses NUL in a question: an error of ours, for every stranger to cause."""
    answer = client.get("/api/v1/topics/vision%00/papers/")
    assert answer.status_code == 404
    assert answer["Content-Type"].startswith("text/html")  # no view was reached, and so no database
    assert "/topics/{slug}/papers/" in client.get("/api/v1/openapi.json").text
