"""Every letter before strict outside readers (make test-letters)."""

import datetime as dt
from pathlib import Path

import pytest
from django.conf import settings

from newsletter.validating import TOOLS, samples

FOLDER = Path(settings.BASE_DIR, "var", "letter-tools")
pytestmark = pytest.mark.letters


@pytest.fixture(scope="module")
def letters(tmp_path_factory):
    return samples(tmp_path_factory.mktemp("letters"), now=dt.datetime(2026, 5, 4, 6, 0, tzinfo=dt.UTC))


def test_some_reader_is_there():
    assert [tool.name for tool in TOOLS if not tool.missing(FOLDER)], "none of the tools is installed"


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_a_strict_reader_has_no_complaint(tool, letters):
    if missing := tool.missing(FOLDER):
        pytest.skip(missing)
    verdicts = list(tool.run(letters, FOLDER))
    assert len(verdicts) >= 9
    assert {verdict.letter: verdict.complaints for verdict in verdicts if verdict.complaints} == {}
