"""Every letter before strict outside readers (make test-letters)."""

import datetime as dt
from collections import Counter
from pathlib import Path

import pytest
from django.conf import settings

from newsletter.examples import ACCOUNT
from newsletter.validating import TOOLS, Sample, samples
from tests.newsletter.real import SITE_URL, real_digests

FOLDER = Path(settings.BASE_DIR, "var", "letter-tools")
pytestmark = pytest.mark.letters
# Every card of the 200 digests is in one of these.
_AXE_READS_EVERY = 10


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
    assert len(verdicts) >= len(ACCOUNT) + 1  # mjml reads templates, and all digests have one
    assert {verdict.letter: verdict.complaints for verdict in verdicts if verdict.complaints} == {}


@pytest.mark.django_db
def test_no_strict_reader_complains_of_two_hundred_real_digests(shared_data, settings, tmp_path):
    settings.SITE_URL = SITE_URL
    written = [_written(tmp_path, letter) for _issue, letter in real_digests(shared_data)]
    assert len(written) == 200
    looked_at, complaints = Counter(), {}
    for tool in TOOLS:
        if tool.missing(FOLDER):
            continue
        for verdict in tool.run(written[::_AXE_READS_EVERY] if tool.name == "axe" else written, FOLDER):
            looked_at[tool.name] += 1
            if verdict.complaints:
                complaints[tool.name, verdict.letter] = verdict.complaints
    assert complaints == {}
    assert looked_at


def _written(folder, letter):
    sample = Sample(letter.key, folder / f"{letter.key}.eml", folder / f"{letter.key}.html")
    sample.eml.write_bytes(letter.wire)
    sample.html.write_text(letter.html, encoding="utf-8")
    return sample
