"""What the pages for operators and editors name is there: files, headings, commands."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands

HOME = Path(settings.BASE_DIR)
PAGES = [HOME / "README.md", HOME / "CHANGELOG.md", *sorted((HOME / "docs").rglob("*.md"))]
MAKEFILE = (HOME / "Makefile").read_text()
TARGETS = {name for line in re.findall(r"^([a-z][\w -]*):", MAKEFILE, re.M) for name in line.split()}


def headings(page):
    """Return the names by which a page's headings are led to."""
    found = re.findall(r"^#+ (.+)$", page.read_text(), re.M)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in found}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_of_a_page_leads_to_a_file_and_a_heading(page):
    for target in re.findall(r"\]\(([^)\s]+)\)|src=\"([^\"]+)\"", page.read_text()):
        path, _sharp, heading = "".join(target).partition("#")
        if not path.startswith("http"):
            there = page.parent / path if path else page
            assert there.exists(), path
            assert not heading or heading in headings(there), heading


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_and_file_that_a_page_names_is_there(page):
    text = page.read_text()
    assert set(re.findall(r"manage\.py ([a-z]\w+)", text)) <= get_commands().keys()
    assert set(re.findall(r"(?:`|^    )make ([a-z][\w-]*)", text, re.M)) <= TARGETS
    named = re.findall(r"`((?:bench|config|mail|newsletter|papers|static|subscribers|templates|tests)/[\w./-]+)`", text)
    assert [name for name in named if not (HOME / name).exists()] == []
