"""The pages in a real browser: open to everybody, light and dark, on phone and desk, with and without JavaScript."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.cache import cache
from playwright.sync_api import Browser, Page, expect

from papers.models import Paper, Topic
from tests.papers.shelf import make_paper

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
PAGES = (
    "/",
    "/papers/2024-01-01/",
    "/week/",
    "/month/",
    "/trending/",
    "/topics/",
    "/topics/vision/",
    "/search/",
    "/search/?q=lighthouse",
    "/search/?q=lighthuose&since=never",
    "/search/?q=nothingatall",
    "/suggest/",
    "/api/",
    "/authors/Ada Lamp/",
    "/nothing-here/",
    "/?page=nonsense",
)


@pytest.fixture
def site(live_server):
    """A site with a day of papers; its address."""
    cache.clear()
    for number in range(1, 21):
        make_paper(number, topics=("vision", "retrieval"), code_url="https://code.example/a", is_sample=number == 3)
    return live_server.url


@pytest.fixture
def open_page(browser: Browser):
    """Open a page in a window of its own that fails on any word in the console."""
    contexts = []

    def opened(**options) -> Page:
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.complaints = []
        page.on("console", lambda message: page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        return page

    yield opened
    for context in contexts:
        context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_no_page_shuts_anybody_out(site, open_page, scheme, size):
    page = open_page(color_scheme=scheme, viewport=size)
    for path in (*PAGES, Paper.objects.first().get_absolute_url()):
        page.goto(site + path)
        found = Axe().run(page)
        assert found.violations_count == 0, f"{path}\n{found.generate_report()}"
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], (
            f"{path} is wider than its window"
        )


@pytest.mark.parametrize("locale", ["en", "de"])
def test_a_small_phone_holds_every_page_and_its_sections_in_one_line(site, open_page, locale):
    Topic.objects.filter(slug="vision").update(name="Learning methods (few-shot, continual, federated, SSL)")
    page = open_page(viewport={"width": 360, "height": 800}, locale=locale)
    for path in (*PAGES, Paper.objects.first().get_absolute_url()):
        page.goto(site + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, f"{path} is wider than its window"
        assert page.locator(".nav ul").bounding_box()["height"] < 60, f"{path}: the sections take two lines"


def test_no_page_breaks_the_content_security_policy(site, open_page):
    page = open_page()
    for path in PAGES:
        page.goto(site + path)
        assert [words for words in page.complaints if "Content Security Policy" in words] == [], path


def test_a_filter_answers_without_a_new_page(site, open_page):
    page = open_page(viewport=DESK)
    page.goto(f"{site}/search/?q=lighthouse")
    page.evaluate("document.body.dataset.same = 'yes'")
    page.get_by_label("Order").select_option("newest")
    expect(page).to_have_url(f"{site}/search/?q=lighthouse&topic=&since=&until=&sort=newest")
    expect(page.locator("#results")).to_contain_text("20 papers.")
    assert page.evaluate("document.body.dataset.same") == "yes"
    assert page.complaints == []


def test_everything_works_without_javascript(site, open_page):
    page = open_page(java_script_enabled=False, viewport=PHONE)
    page.goto(site)
    page.locator("summary").first.click()
    expect(page.locator("details p").first).to_be_visible()
    page.get_by_role("link", name="Search", exact=True).click()
    page.get_by_label("Words").fill("lighthuose")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("#results")).to_contain_text("Here is lighthouse")
    page.locator(".paper h2 a").first.click()
    page.locator(".chip").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Vision")


def test_the_keyboard_reaches_the_text_first(site, open_page):
    page = open_page()
    page.goto(site)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the text")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
