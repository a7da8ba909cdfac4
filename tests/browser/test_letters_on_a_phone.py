"""Letters on the narrowest phone: what belongs together stands in one line, in each language."""

import pytest
from django.conf import settings
from django.utils import timezone

from newsletter.examples import ACCOUNT, DIGESTS, example

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

# How many lines the links of each row of this kind take; a link alone has one.
LINES = """rows => rows.map(row =>
    new Set([...row.querySelectorAll(":scope > a")].map(link => Math.round(link.getBoundingClientRect().top))).size)"""


@pytest.mark.parametrize("language", dict(settings.LANGUAGES))
@pytest.mark.parametrize("name", [name for name in DIGESTS if name != "hostile"])
def test_no_row_of_links_is_broken(page, name, language):
    page.set_viewport_size({"width": 360, "height": 780})
    page.set_content(example(name, now=timezone.now(), language=language).html)
    for rows in (".u span", ".u", ".k:has(> a)"):
        assert set(page.locator(rows).evaluate_all(LINES)) <= {0, 1}, rows


@pytest.mark.parametrize("language", dict(settings.LANGUAGES))
@pytest.mark.parametrize("name", ACCOUNT)
def test_a_button_has_one_line(page, name, language):
    page.set_viewport_size({"width": 360, "height": 780})
    page.set_content(example(name, now=timezone.now(), language=language).html)
    assert page.locator(".n td").last.bounding_box()["height"] < 50
