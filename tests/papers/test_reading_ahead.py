"""An archive that a second process reads ahead comes in as if one process had done it all."""

import datetime as dt
import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.postgres import cluster
from papers import importing
from papers.importing import import_papers
from papers.models import Paper, PaperTopic, SourceRun
from papers.sources import SourceError

ROOT = Path(__file__).resolve().parents[2]
NOW = dt.datetime(2025, 8, 1, 9, tzinfo=dt.UTC)
SUBJECTS = ["Diffusion models for image generation", "Speech recognition of rivers", "Retrieval augmented generation"]


def entry(number):
    abstract = f"We study {SUBJECTS[number % 3].lower()} at $O(n^2)$ and pay $5 and $10 for it, number {number}. " * 4
    title = f"{SUBJECTS[number % 3]} {number}"
    return {"id": f"2507.{number:05}", "title": title, "summary": abstract, "authors": ["Ada Reed"], "upvotes": number}


def odd_entry(number):
    odd = (
        "State-of-the-art (SOTA) at ~20 ms, e.g. v1.5 of GPT-4: see https://example.org/a_b/c.html, and/or x/y; it's "
        "90% of 1,000 naïve Gödel's re-runs; A. B. said: “well”, 3.5e-4, -7, #1, user@example.org. "
    )
    plain = entry(number)
    authors = ["Ada Reed", "Zoë O'Neil", "Jean-Luc Möbius", f"Writer {number}"]
    return {
        **plain,
        "summary": plain["summary"] * 2 + odd[number % 40 :] + "a<b ../end " * (number % 9 == 0),
        "authors": authors,
    }


@pytest.fixture
def archive(tmp_path, monkeypatch):
    monkeypatch.setattr(importing, "LARGE", 0)
    path = tmp_path / "archive.jsonl.gz"
    lines = [json.dumps(entry(number)) for number in range(1_200)]
    path.write_bytes(gzip.compress("\n".join([*lines[:700], "{no json", *lines[700:]]).encode()))
    return path


def load(path, **options):
    return import_papers(
        str(path), kind="huggingface", day=None, now=NOW, on_progress=lambda tally: None, **options
    ).counts()


def stand():
    topics = PaperTopic.objects.order_by("paper__arxiv_id", "topic").values_list(
        "paper__arxiv_id", "topic__slug", "confidence"
    )
    return list(Paper.objects.order_by("arxiv_id").values_list("arxiv_id", "title", "abstract", "title_key")), list(
        topics
    )


@pytest.mark.django_db
def test_two_processes_leave_the_same_papers_and_topics_as_one(archive):
    assert load(archive, in_two=True) == {"new": 1_200, "changed": 0, "same": 0, "rejected": 1}
    by_two = stand()
    assert load(archive) == {"new": 0, "changed": 0, "same": 1_200, "rejected": 1}
    Paper.objects.all().delete()
    load(archive)
    assert stand() == by_two
    assert by_two[1], "the papers have topics"


@pytest.mark.django_db
def test_an_archive_cut_in_the_middle_keeps_what_came_before(archive):
    archive.write_bytes(archive.read_bytes()[:-2_000])
    with pytest.raises(SourceError, match="cannot be read to its end"):
        load(archive, in_two=True)
    assert 0 < Paper.objects.count() < 1_200
    assert SourceRun.objects.get().error


@pytest.mark.django_db
def test_a_second_process_that_dies_is_told_and_not_waited_for(archive, monkeypatch):
    monkeypatch.setattr("papers.ahead._read_ahead", _die)
    with pytest.raises(SourceError, match="ended early"):
        load(archive, in_two=True)


def _die(ours, theirs, *rest):
    raise SystemExit(1)


@pytest.fixture(scope="module")
def server():
    with cluster() as server:
        yield server


@pytest.mark.postgres
def test_papers_copied_into_postgresql_are_the_same_papers_and_found_at_once(server, tmp_path):
    path = tmp_path / "large.jsonl"  # so large that it is read by two
    path.write_bytes(b"".join(json.dumps(odd_entry(n)).encode() + b"\n" for n in range(1_200)))
    assert path.stat().st_size > 1024 * 1024
    url = server.url("papers")
    manage(url, tmp_path, "migrate", "--verbosity", "0")
    assert bring(url, path) == {"new": 1_200, "changed": 0, "same": 0, "rejected": 0}
    assert bring(url, path) == {"new": 0, "changed": 0, "same": 1_200, "rejected": 0}
    look = "from papers.search import Wish, search; print(search(Wish(text='speech recognition')).count)"
    assert manage(url, tmp_path, "shell", "--no-imports", "-c", look).split()[-1] == "400"
    counted = "SELECT count(*), (SELECT count(*) FROM papers_votesnapshot) FROM papers_papertopic"
    (topics, votes) = server.rows(counted, "papers")[0]
    assert topics >= 1_200
    assert votes == 1_200
    # A table that has just been filled is known to the planner at once, its words too.
    planned = "SELECT count(*) FROM pg_stats WHERE attname IN ('search', 'featured_on', 'topic_id')"
    assert server.rows(planned, "papers")[0][0] >= 3
    # The vectors that were put together outside of the server are its own, to the letter.
    given = "SELECT md5(string_agg(search::text || search_title::text, ';' ORDER BY id)) FROM papers_paper"
    before = server.rows(given, "papers")
    server.execute("UPDATE papers_paper SET search = NULL", "papers")
    assert server.rows(given, "papers") == before


@pytest.mark.postgres
def test_votes_that_grew_come_into_postgresql_too(server, tmp_path):
    path, url = tmp_path / "day.jsonl", server.url("votes")
    manage(url, tmp_path, "migrate", "--verbosity", "0")
    path.write_text(json.dumps(entry(1)))
    assert bring(url, path)["new"] == 1
    path.write_text(json.dumps({**entry(1), "upvotes": 5}))
    assert bring(url, path)["changed"] == 1
    assert server.rows("SELECT votes FROM papers_votesnapshot ORDER BY at", "votes") == [(1,), (5,)]


@pytest.mark.postgres
def test_what_an_import_may_change_is_the_same_on_postgresql(server, tmp_path):
    """There papers come by COPY, of whose errors Django knows nothing by itself: two workers met in one of them."""
    env = {**os.environ, "DATABASE_URL": server.url("meant"), "VAR_DIR": str(tmp_path)}
    tests = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "tests/papers/test_which_paper_is_meant.py",
    ]
    subprocess.run(tests, env=env, check=True, cwd=ROOT, timeout=120)


def bring(url, path):
    return json.loads(manage(url, path.parent, "import_papers", str(path), "--source", "huggingface", "--json"))


def manage(url, folder, *arguments):
    env = {**os.environ, "DATABASE_URL": url, "VAR_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "config.settings"}
    command = [sys.executable, "manage.py", *arguments]
    # An import that waits for itself waits for ever.
    done = subprocess.run(command, env=env, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT, timeout=60)
    return done.stdout
