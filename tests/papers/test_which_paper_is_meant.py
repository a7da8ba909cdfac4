"""Whether a record means a paper that is here already, and what it may change of it."""

import datetime as dt

import pytest

from papers.ingestion import ingest
from papers.models import Paper
from papers.sources import Record

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)


def bring(*records, kind="arxiv-api"):
    return ingest([Record(**record) for record in records], kind=kind, day=NOW.date(), now=NOW)


ONE = {"title": "Evening Rivers", "authors": ("Ada Byron",), "arxiv_id": "2603.00001", "arxiv_version": 2}


@pytest.mark.parametrize(
    "other",
    [
        {"arxiv_id": "2603.00002", "authors": ("Ada Byron",)},
        {"authors": ("Grace Hopper",)},
    ],
    ids=["another id", "other people"],
)
def test_another_work_of_the_same_title_is_another_paper(other):
    bring(ONE)
    assert bring({"title": "Evening Rivers", **other}).new == 1


@pytest.mark.parametrize("people", [("A. Byron",), ()], ids=str)
def test_the_same_work_without_an_id_is_the_same_paper(people):
    bring(ONE)
    bring({"title": "Evening rivers", "authors": people}, kind="feed")
    assert Paper.objects.get().arxiv_id == "2603.00001"


def test_two_papers_of_arxiv_with_one_doi_stay_two():
    bring({**ONE, "doi": "10.1/x"})
    assert bring({"title": "Morning Rivers", "arxiv_id": "2603.00002", "doi": "10.1/x"}).new == 1
    assert list(Paper.objects.order_by("arxiv_id").values_list("doi", flat=True)) == ["10.1/x", None]


def test_a_doi_that_is_known_is_not_overwritten():
    bring({**ONE, "doi": "10.1/x"})
    bring({**ONE, "doi": "10.1/y"})
    assert Paper.objects.get().doi == "10.1/x"


def test_an_older_version_that_comes_late_changes_no_text():
    bring(ONE)
    bring({**ONE, "title": "Evening Rivers, a Draft", "arxiv_version": 1})
    paper = Paper.objects.get()
    assert (paper.title, paper.arxiv_version) == ("Evening Rivers", 2)


def test_a_poorer_source_changes_no_text_and_an_equal_one_does():
    bring({**ONE, "abstract": "On $x^2$."})
    bring({**ONE, "title": "Evening rivers", "abstract": "On x2."}, kind="huggingface")
    assert Paper.objects.get().title == "Evening Rivers"
    bring({**ONE, "title": "Evening Rivers Revised"})
    assert Paper.objects.get().title == "Evening Rivers Revised"
