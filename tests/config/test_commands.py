"""A slip on the command line is answered in words that say what to do, and costs nothing."""

import datetime as dt

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from newsletter.models import Edition
from subscribers.models import Ask
from tests.newsletter.readers import make_reader
from tests.papers.shelf import make_paper

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "command",
    [
        ["import_papers", "page.html", "--source", "saved-page", "--day", "29.7.2025"],
        ["reclassify", "--since", "29.7.2025"],
        ["preview_digest", "ada@example.org", "--day", "29.7.2025"],
        ["edition", "29.7.2025"],
    ],
    ids=lambda command: command[0],
)
def test_a_day_that_is_none_is_shown_how_to_write(command):
    with pytest.raises(CommandError, match=r"“29.7.2025” is no day; write it like 2025-07-29"):
        call_command(*command)


@pytest.mark.parametrize(
    "command", [["bench_letter", "--letters", "0"], ["fetch_bounces", "maildir:/x", "--limit", "-1"]]
)
def test_a_count_of_nothing_is_no_count(command):
    with pytest.raises(CommandError, match="no number of one or more"):
        call_command(*command)


def test_who_asks_for_an_edition_that_is_not_there_is_told_the_newest():
    with pytest.raises(CommandError, match="none yet"):
        call_command("edition", "2025-07-29")
    Edition.objects.create(day=dt.date(2025, 7, 30), expires_at=timezone.now())
    with pytest.raises(CommandError, match="The newest: 2025-07-30"):
        call_command("edition", "2025-07-29")


def test_a_preview_that_cannot_be_written_says_why(tmp_path):
    reader = make_reader(1)
    with pytest.raises(CommandError, match="cannot be written: No such file or directory"):
        call_command("preview_digest", reader.email, "--out", str(tmp_path / "nowhere" / "letter.eml"))


def test_addresses_that_nobody_confirmed_are_forgotten_without_a_clock_too():
    long_ago = timezone.now() - dt.timedelta(days=15)
    Ask.objects.create(email="ada@example.org", kind=Ask.Kind.SUBSCRIBE, created_at=long_ago, settled_at=long_ago)
    call_command("run_digests")
    assert not Ask.objects.exists()


def test_a_long_run_says_how_far_it_is(monkeypatch, capsys):
    monkeypatch.setattr("newsletter.management.commands.run_digests._PAUSE_SECONDS", 0)
    make_paper()
    make_reader(1)
    call_command("run_digests", now="2025-07-29T07:00Z")
    assert "1 chosen and 1 sent so far" in capsys.readouterr().err
