"""axe in a real browser: each letter light and dark, on a phone and on a desk."""

from __future__ import annotations

import importlib.util
import itertools
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from newsletter.validating.letters import Sample, Verdict

if TYPE_CHECKING:
    from playwright.sync_api import Page

_WIDTHS = (390, 600)
_SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
# A letter is no page: it has no landmarks of its own. Only what is wrong is described, not all that is right.
_OPTIONS: dict[str, Any] = {
    "rules": {"landmark-one-main": {"enabled": False}, "region": {"enabled": False}},
    "resultTypes": ["violations"],
}
_RUN = """options => axe.run(options).then(({ violations }) => violations.map(
  ({ id, nodes }) => `${id} (${nodes.length}): ${nodes[0].html.slice(0, 80)}`))"""


def has_browser(_folder: Path) -> str:
    """Return what has to be installed."""
    if not importlib.util.find_spec("axe_playwright_python"):
        return "pip install axe-playwright-python (make dev-setup)"
    return "" if _chromium() else "apt-get install chromium"


def axe(letters: Sequence[Sample], _folder: Path) -> Iterator[Verdict]:
    """Complain of every violation, and of a letter that is wider than its window."""
    from axe_playwright_python.base import AXE_SCRIPT  # a tool of the developers, absent in production
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_chromium(), args=["--no-sandbox"])
        page = browser.new_page()
        for sample in letters:
            page.goto(sample.html.as_uri())
            page.evaluate(AXE_SCRIPT)
            yield Verdict("axe", sample.name, tuple(_complaints(page)))
        browser.close()


def _complaints(page: Page) -> Iterator[str]:
    for scheme, width in itertools.product(_SCHEMES, _WIDTHS):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 900})
        for words in page.evaluate(_RUN, _OPTIONS):
            yield f"{scheme} {width}: {words}"
        if page.evaluate("document.documentElement.scrollWidth") > width:
            yield f"{scheme} {width}: wider than its window"


def _chromium() -> str:
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome") or ""
