"""Sign-up and leaving in a real browser: with and without JavaScript, on phone and desk, light and dark."""

import re

import pytest
from django.core import mail
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import expect

from papers.models import Topic
from subscribers import letters, signup
from subscribers.models import Ask, Subscriber
from subscribers.tokens import Purpose
from tests.papers.shelf import make_paper

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}


@pytest.fixture
def site(live_server, settings):
    settings.SIGN_UP_LEAST_SECONDS = 0
    settings.SIGN_UPS_PER_NETWORK = 100
    cache.clear()
    for number in range(12):
        make_paper(number, topics=("vision", "retrieval"))
    for number in range(14):
        Topic.objects.create(slug=f"t{number}", name=f"Topic {number}", position=number)
    return live_server.url


@pytest.fixture
def window(browser):
    """Open a window that fails on any complaint in the console but a refused form."""
    contexts, complaints = [], []

    def opened(**options):
        contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield opened
    for context in contexts:
        context.close()
    assert [words for words in complaints if "422" not in words and "410" not in words and "404" not in words] == []


def work():
    """Let the worker work; return the link of the newest letter."""
    signup.settle(now=timezone.now())
    letters.send(now=timezone.now())
    return re.search(r"http://[^/]+(/\S+/)\n", mail.outbox[-1].body)[1]


@pytest.mark.parametrize("has_javascript", [True, False], ids=["script", "no-script"])
@pytest.mark.parametrize(("size", "scheme"), [(PHONE, "dark"), (DESK, "light")], ids=["phone-dark", "desk-light"])
def test_a_person_signs_up_confirms_leaves_and_comes_back(site, window, size, scheme, has_javascript):
    page = window(viewport=size, color_scheme=scheme, java_script_enabled=has_javascript)
    headline = page.get_by_role("heading", level=1)

    page.goto(f"{site}/subscribe/")
    page.get_by_label("Your email address").fill("ada@example.org")
    page.get_by_label("Topic 3").check()
    page.get_by_role("button", name="Send me tomorrow's papers").click()
    expect(headline).to_have_text("Look into your mailbox")
    expect(page.get_by_text("ada@example.org")).to_be_visible()

    page.goto(site + work())
    expect(page.get_by_text("Topic 3")).to_be_visible()
    assert Subscriber.objects.get().state == "pending"
    page.get_by_role("button", name="Yes, send me the papers").click()
    expect(headline).to_have_text("Welcome")
    page.get_by_role("button", name="Send me my first digest now").click()
    expect(page.get_by_text("on its way")).to_be_visible()

    token = Subscriber.objects.get().token(Purpose.UNSUBSCRIBE, now=timezone.now())
    page.goto(f"{site}/unsubscribe/{token}/")
    page.get_by_role("button", name="Stop all mail").click()
    expect(headline).to_have_text("All mail has stopped")
    assert Subscriber.objects.get().state == "unsubscribed"
    page.get_by_role("button", name="Bring me back").click()
    expect(headline).to_have_text("You are back")
    assert Subscriber.objects.get().state == "active"


def test_the_page_helps_while_it_is_filled_in(site, window):
    page = window(viewport=DESK, timezone_id="Asia/Tokyo")
    page.goto(f"{site}/subscribe/")

    expect(page.locator("[data-when]")).to_contain_text("Tokyo")
    assert page.locator("[name=timezone]").input_value() == "Asia/Tokyo"

    page.get_by_label("Your email address").fill("ada@gmial.com")
    page.get_by_label("Your email address").blur()
    expect(page.get_by_text("Did you mean ada@gmail.com?")).to_be_visible()
    page.get_by_role("button", name="Yes", exact=True).click()
    expect(page.get_by_label("Your email address")).to_have_value("ada@gmail.com")

    page.get_by_label("Find a topic").fill("topic 12")
    expect(page.get_by_text("Topic 12")).to_be_visible()
    expect(page.get_by_text("Topic 3")).to_be_hidden()

    with page.expect_request(lambda request: "/preview/" in request.url and "topics=t12" in request.url):
        page.get_by_label("Topic 12").check()
    with page.expect_request(lambda request: "/preview/" in request.url and "theme=dark" in request.url):
        page.get_by_role("button", name="Dark").click()
    page.get_by_role("button", name="Phone").click()
    assert page.locator("[data-preview] iframe").bounding_box()["width"] <= 392
    frame = page.frame_locator("[data-preview] iframe")
    expect(frame.get_by_role("heading", level=1)).to_be_visible()


def test_a_look_at_a_digest_needs_no_script(site, window):
    page = window(viewport=DESK, java_script_enabled=False)
    page.goto(f"{site}/subscribe/")
    page.get_by_label("Topic 3").check()
    page.get_by_role("button", name="Show me a digest").click()
    assert "topics=t3" in page.locator("[data-preview] iframe").get_attribute("src")
    expect(page.get_by_label("Topic 3")).to_be_checked()
    assert not Ask.objects.exists()
