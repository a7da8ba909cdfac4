"""The preferences in a real Chromium: with and without JavaScript, on a desk and a phone, light and dark."""

import datetime as dt

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from django.utils import timezone

from papers.models import Topic
from subscribers.models import AddressChange, Subscriber
from subscribers.tokens import Purpose, sign
from tests.papers.shelf import make_paper

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def reader():
    """A reader of two topics, with a paper each."""
    Topic.objects.all().delete()
    for number, slug in enumerate(["vision", "speech"], 1):
        make_paper(number, title=f"A paper on {slug}", topics=(slug,), featured_on=timezone.now().date())
    now = timezone.now()
    reader = Subscriber(email="ada@example.org", state="active", confirmed_at=now)
    reader.plan_next_digest(after=now)
    reader.save()
    return reader


@pytest.fixture
def open_page(browser, live_server, reader):
    """Return a page of the reader's in a browser of its own; it closes with the test."""
    contexts = []

    def opened(name, *, token=None, **options):
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.goto(live_server.url + reverse(name, args=[token or reader.token(Purpose.MANAGE, now=timezone.now())]))
        return page

    yield opened
    for context in contexts:
        context.close()


def violations(page):
    found = Axe().run(page)
    return [(each["id"], each["nodes"][0]["html"]) for each in found.response["violations"]]


@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_wishes_are_kept(open_page, reader, script):
    page = open_page("manage", java_script_enabled=script)
    vision = Topic.objects.get(slug="vision")
    page.get_by_role("group", name="Vision").get_by_label("more").check()
    page.get_by_role("textbox", name="Words").fill("sparse attention")
    page.get_by_label("On the days I choose").check()
    page.get_by_label("Tuesday").check()
    page.get_by_label("At", exact=True).select_option("18")
    page.get_by_label("Time zone").select_option("Asia/Tokyo")
    page.get_by_role("button", name="Keep these wishes").click()
    page.get_by_text("Kept. Your next digest follows these wishes.").wait_for()
    reader.refresh_from_db()
    assert reader.topic_preferences.get().topic == vision
    assert reader.topic_preferences.get().weight == 2
    assert (reader.keywords, reader.days, reader.hour, reader.timezone) == (["sparse attention"], [1], 18, "Asia/Tokyo")
    assert not script or violations(page) == []


def test_a_mistake_is_marked_and_what_was_written_is_still_there(open_page):
    page = open_page("manage")
    page.get_by_role("textbox", name="Words").fill("sparse attention")
    page.get_by_label("Papers in a digest").fill("500")
    page.get_by_role("button", name="Keep these wishes").click()
    page.get_by_role("alert").wait_for()
    assert page.get_by_role("textbox", name="Words").input_value() == "sparse attention"
    assert violations(page) == []


def test_the_preview_follows_every_change(open_page):
    page = open_page("manage")
    letter = page.frame_locator("iframe")
    page.get_by_role("group", name="Speech").get_by_label("more").check()
    letter.get_by_text("because you follow Speech").wait_for()
    page.get_by_role("group", name="Speech").get_by_label("never").check()
    letter.get_by_text("A paper on speech").wait_for(state="detached")


def test_without_javascript_the_preview_is_a_page_of_its_own(open_page):
    page = open_page("manage", java_script_enabled=False, viewport={"width": 390, "height": 900})
    page.get_by_role("group", name="Speech").get_by_label("more").check()
    with page.context.expect_page() as opened:
        page.get_by_role("button", name="Show my digest").click()
    opened.value.get_by_text("because you follow Speech").wait_for()


def test_the_days_show_only_when_they_count_and_the_zone_of_the_browser_is_offered(open_page):
    page = open_page("manage", timezone_id="Asia/Tokyo")
    assert not page.get_by_text("On which days").is_visible()
    page.get_by_label("Once a week").check()
    assert page.get_by_text("On which days").is_visible()
    page.get_by_text("Your browser says Asia/Tokyo.").wait_for()
    page.get_by_role("button", name="Use it").click()
    assert page.get_by_label("Time zone").input_value() == "Asia/Tokyo"
    assert not page.get_by_text("Your browser says").is_visible()


@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_a_pause_and_its_end(open_page, reader, script):
    page = open_page("manage", java_script_enabled=script)
    page.get_by_role("button", name="2 weeks").click()
    page.get_by_text("You take a break.").wait_for()
    reader.refresh_from_db()
    assert reader.paused_until == timezone.now().date() + dt.timedelta(weeks=2)
    page.get_by_role("button", name="Send me papers again").click()
    page.get_by_text("Your next digest comes on").wait_for()


def test_another_address_learning_and_the_data(open_page, reader):
    page = open_page("manage")
    page.get_by_role("button", name="I agree").click()
    page.get_by_text("You have agreed to this.").wait_for()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download my data").click()
    assert download.value.suggested_filename == "my-data.json"
    page.get_by_label("New address").fill("ada@new.example")
    page.get_by_role("button", name="Write to the new address").click()
    page.get_by_text("We have written to ada@new.example.").wait_for()

    token = sign(Purpose.ADDRESS, AddressChange.objects.get().pk, now=timezone.now())
    page = open_page("new_address", token=token)
    assert violations(page) == []
    page.get_by_role("button", name="Yes, send them here").click()
    page.get_by_text("They go to ada@new.example.").wait_for()
    reader.refresh_from_db()
    assert (reader.email, reader.tracking) == ("ada@new.example", "granted")


def test_deleting_asks_once_more(open_page):
    page = open_page("manage")
    page.get_by_role("link", name="Delete me").click()
    page.get_by_role("button", name="Delete me").click()
    page.get_by_text("We know nothing about you any more.").wait_for()
    assert violations(page) == []
    assert not Subscriber.objects.exists()


def test_the_page_in_german(open_page, reader):
    Subscriber.objects.update(language="de")
    page = open_page("manage", locale="en-US")
    page.get_by_role("heading", name="Ihre Wünsche").wait_for()
    assert page.locator("html").get_attribute("lang") == "de"
    assert violations(page) == []
