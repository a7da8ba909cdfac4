"""A person's whole way through the running product: `make run`, a browser, a mailbox."""

import re
import time

import pytest
from playwright.sync_api import expect

from tests.config.test_runner import environment, start, wait_for

__all__ = ["environment", "start"]


@pytest.fixture
def product(environment, start):
    """The addresses of a site and a mailbox that run."""
    _process, output = start()
    wait_for(lambda: "Paper Round is running" in output.read_text(), 90, output.read_text)
    return f"http://127.0.0.1:{environment['PORT']}", f"http://127.0.0.1:{environment['MAILBOX_PORT']}"


class Mailbox:
    """The captured mailbox, as its page shows it."""

    def __init__(self, page, address):
        self.page = page
        self.address = address

    def text_of(self, subject, *, within):
        """Wait for a letter with this subject and return its text part."""
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            self.page.goto(f"{self.address}/")
            found = self.page.get_by_role("link", name=re.compile(subject))
            if found.count():
                found.first.click()
                return self.page.locator("#text pre").inner_text()
            self.page.wait_for_timeout(300)
        raise AssertionError(f"no letter with {subject!r} within {within} s: {self.page.inner_text('main')}")

    def subjects(self):
        self.page.goto(f"{self.address}/")
        return self.page.locator(".subject").all_inner_texts()


def link(text, path):
    return re.search(rf"http://\S+{path}\S+", text)[0]


@pytest.mark.browser
@pytest.mark.runner
def test_a_person_signs_up_reads_clicks_and_leaves(product, page):
    site, mail = product
    mailbox = Mailbox(page, mail)

    page.goto(site)
    page.get_by_role("link", name="Choose my topics").first.click()
    page.get_by_label("Your email address").fill("ada@example.org")
    page.get_by_label("Retrieval, search & RAG").check()
    page.wait_for_timeout(2500)  # a person needs a moment; whoever is faster is taken for a robot
    page.get_by_role("button", name="Send me tomorrow's papers").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Look into your mailbox")

    page.goto(link(mailbox.text_of("Confirm", within=30), "/confirm/"))
    page.get_by_role("button", name="Yes, send me the papers").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Welcome")
    page.get_by_role("button", name="Send me my first digest now").click()
    expect(page.get_by_text("on its way")).to_be_visible()

    digest = mailbox.text_of(r"and \d+ more", within=60)
    page.goto(link(digest, "/d/"))
    page.get_by_role("heading", level=2).get_by_role("link").first.click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()

    page.goto(link(digest, "/unsubscribe/"))
    page.get_by_role("button", name="Stop all mail").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("All mail has stopped")
    assert len([subject for subject in mailbox.subjects() if re.search(r"and \d+ more", subject)]) == 1
