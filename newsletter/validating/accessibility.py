"""axe in a real browser: each letter light and dark, on a phone and on a desk."""

from __future__ import annotations

import importlib.util
import itertools
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from newsletter.validating.letters import Sample, Verdict

_WIDTHS = (390, 600)
_SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
# A letter is no page: it has no landmarks of its own.
_RULES = {"landmark-one-main": {"enabled": False}, "region": {"enabled": False}}


def has_browser(_folder: Path) -> str:
    """Return what has to be installed."""
    if not importlib.util.find_spec("axe_playwright_python"):
        return "pip install axe-playwright-python (make dev-setup)"
    return "" if _chromium() else "apt-get install chromium"


def axe(letters: Sequence[Sample], _folder: Path) -> Iterator[Verdict]:
    """Complain of every violation, and of a letter that is wider than its window."""
    from axe_playwright_python.sync_playwright import Axe  # a tool of the developers, absent in production
    from playwright.sync_api import sync_playwright

    complaints: dict[str, list[str]] = {sample.name: [] for sample in letters}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_chromium(), args=["--no-sandbox"])
        for scheme, width in itertools.product(_SCHEMES, _WIDTHS):
            page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
            for sample in letters:
                page.goto(sample.html.as_uri())
                found = Axe().run(page, options={"rules": _RULES}).response["violations"]
                said = [f"{one['id']} ({len(one['nodes'])})" for one in found]
                if page.evaluate("document.documentElement.scrollWidth") > width:
                    said.append("wider than its window")
                complaints[sample.name] += [f"{scheme} {width}: {words}" for words in said]
        browser.close()
    for name, said in complaints.items():
        yield Verdict("axe", name, tuple(said))


def _chromium() -> str:
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome") or ""
