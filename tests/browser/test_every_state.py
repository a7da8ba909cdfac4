"""Every page of a reader's in every state it can be in: open to everybody, in its window, and pictured.

`make pages` runs this and leaves the pictures in VAR_DIR/pages, with an index.html that shows them side by side. Look
at them after a change: a machine sees contrast and overflow, not whether a page is good to look at.
"""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings as configured
from django.core.cache import cache
from django.core.management import call_command

from tests.browser.states import STATES
from tests.browser.walk import Walk

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PICTURES = Path(configured.VAR_DIR) / "pages"
LOOKS = [("light", 1280), ("dark", 1280), ("light", 390), ("dark", 390)]


@pytest.fixture(scope="module", autouse=True)
def gallery():
    """The page that shows all pictures of a run side by side."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    yield
    columns = [f"{scheme}-{width}" for scheme, width in LOOKS]
    rows = "".join(
        f"<h2>{name}</h2><p>" + "".join(f'<img src="{name}-{look}.png" alt="{look}">' for look in columns) + "</p>"
        for name in STATES
    )
    style = "body{background:#888;font:16px system-ui}p{display:flex;gap:16px;align-items:start}img{height:600px}"
    (PICTURES / "index.html").write_text(f"<!doctype html><title>Pages</title><style>{style}</style>{rows}")


@pytest.fixture
def walk(browser, live_server, settings, request):
    """A window of this look at a site with topics and papers."""
    settings.SIGN_UP_LEAST_SECONDS = 0
    cache.clear()
    for command in ("load_topics", "load_samples"):
        call_command(command, verbosity=0)
    scheme, width = request.param
    size = {"width": width, "height": 844 if width < 500 else 900}
    context = browser.new_context(viewport=size, color_scheme=scheme, timezone_id="Europe/Berlin")
    yield Walk(context.new_page(), live_server.url, settings, look=f"{scheme}-{width}")
    context.close()


@pytest.mark.parametrize("walk", LOOKS, indirect=True, ids=[f"{scheme}-{width}" for scheme, width in LOOKS])
@pytest.mark.parametrize("name", STATES)
def test_a_page_shuts_nobody_out_and_fits_its_window(walk, name):
    STATES[name](walk)
    page = walk.page
    for frame in page.locator("[data-preview] iframe").all():  # loaded, and painted into the picture, when it is seen
        frame.scroll_into_view_if_needed()
        frame.content_frame.get_by_role("heading", level=1).wait_for()
    page.wait_for_load_state("networkidle")
    page.screenshot(path=PICTURES / f"{name}-{walk.look}.png", full_page=True, animations="disabled")
    found = Axe().run(page)
    assert found.violations_count == 0, f"{name}\n{found.generate_report()}"
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
