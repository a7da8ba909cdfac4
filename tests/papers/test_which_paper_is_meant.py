"""Whether a record means a paper that is here already, and what it may change of it."""

import datetime as dt

import pytest
from django.db import connection

from papers.ingestion import ingest, join
from papers.models import Paper, PaperTopic, Topic
from papers.sources import Record
from papers.starting import ensure_topics
from tests.papers.shelf import make_paper

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)


def bring(*records, kind="arxiv-api", now=NOW):
    return ingest([Record(**record) for record in records], kind=kind, day=NOW.date(), now=now)


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
    papers = Paper.objects.order_by("arxiv_id")
    assert [(paper.doi, paper.is_hidden) for paper in papers] == [("10.1/x", False), (None, False)]


def test_another_doi_tells_works_apart_that_have_no_arxiv_id_and_no_others():
    work = {"title": "Evening Rivers", "authors": ("Ada Byron",)}
    bring({**ONE, "doi": "10.1/preprint"})
    assert bring({**work, "doi": "10.1/journal"}, kind="feed").new == 0
    lakes = {**work, "title": "Evening Lakes"}
    assert bring({**lakes, "doi": "10.1/one"}, {**lakes, "doi": "10.1/two"}, kind="feed").new == 2


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
    bring({**ONE, "title": "Evening rivers", "abstract": "On x2.", "authors": ("A. Byron",)}, kind="huggingface")
    paper = Paper.objects.get()
    assert (paper.title, paper.abstract, paper.authors) == ("Evening Rivers", "On x².", ["Ada Byron"])
    bring({**ONE, "title": "Evening Rivers Revised"})
    assert Paper.objects.get().title == "Evening Rivers Revised"


def test_a_paper_that_another_worker_brought_between_our_look_and_our_write_is_looked_up_again():
    """The database refuses the second row of one work; what is written here stands for the other worker's."""
    came = []

    def meanwhile(execute, sql, params, many, context):
        result = execute(sql, params, many, context)
        if not came and sql.startswith("SELECT") and "papers_paper" in sql:
            came.append(make_paper(identity="arxiv:2603.00001", arxiv_id="2603.00001"))
        return result

    with connection.execute_wrapper(meanwhile):
        assert bring(ONE).new == 1
    assert came
    assert Paper.objects.get().title == "Evening Rivers"


def test_a_paper_that_nobody_upvoted_yet_begins_with_a_count_of_none():
    bring({**ONE, "votes": 0}, {"title": "Morning Rivers"})
    assert [snapshot.votes for snapshot in Paper.objects.get(arxiv_id="2603.00001").snapshots.all()] == [0]
    assert not Paper.objects.get(title="Morning Rivers").snapshots.exists()


def test_what_arxiv_has_of_these_two_weeks_is_of_today_and_what_is_older_of_its_own_day():
    young, old = (NOW.date() - dt.timedelta(days=days) for days in (14, 15))
    bring({**ONE, "published_on": young}, {"title": "Morning Rivers", "published_on": old})
    days = Paper.objects.order_by("title").values_list("featured_on", flat=True)
    assert list(days) == [NOW.date(), old]
    bring({"title": "Rivers of an editor's own list", "published_on": old}, kind="bibtex")
    assert Paper.objects.latest("pk").featured_on == NOW.date()


def test_the_day_that_a_source_names_is_the_day_of_its_paper():
    bring({**ONE, "featured_on": dt.date(2026, 2, 27), "published_on": dt.date(2026, 2, 1)})
    assert Paper.objects.get().featured_on == dt.date(2026, 2, 27)


def test_nothing_known_is_forgotten_because_a_source_is_silent_about_it():
    bring({**ONE, "abstract": "On rivers.", "code_url": "https://code.example/rivers", "votes": 3})
    bring({"title": "Evening Rivers Revised", "arxiv_id": "2603.00001"})
    paper = Paper.objects.get()
    assert paper.title == "Evening Rivers Revised"
    assert (paper.abstract, paper.original_abstract, paper.authors) == ("On rivers.", "On rivers.", ["Ada Byron"])
    assert (paper.code_url, paper.votes) == ("https://code.example/rivers", 3)
    bring({**ONE, "votes": 0})  # taken back is not silence
    assert Paper.objects.get().votes == 0


def test_a_paper_says_when_it_changed_last():
    bring(ONE)
    later = NOW + dt.timedelta(hours=1)
    bring(ONE, now=later)
    assert Paper.objects.get().updated_at == NOW
    bring({**ONE, "votes": 1}, now=later)
    assert Paper.objects.get().updated_at == later


def test_votes_are_counted_when_they_change_and_not_when_a_title_does():
    bring({**ONE, "votes": 3})
    for hours, change in enumerate([{"title": "Evening Rivers Revised"}, {"votes": 3}, {"votes": 5}], 1):
        bring({**ONE, "votes": 3, **change}, now=NOW + dt.timedelta(hours=hours))
    votes = Paper.objects.get().snapshots.order_by("at").values_list("at", "votes")
    assert list(votes) == [(NOW, 3), (NOW + dt.timedelta(hours=3), 5)]


OF_RETRIEVAL = {"keywords": ("dense retrieval", "re-ranking", "retrieval-augmented generation")}


def topics_of_the_paper():
    return set(Paper.objects.get().topics.values_list("slug", flat=True))


def test_keywords_that_come_later_find_their_topics():
    ensure_topics()
    bring(ONE)
    assert not topics_of_the_paper()
    bring({**ONE, **OF_RETRIEVAL})
    assert "rag" in topics_of_the_paper()


def test_the_topics_that_a_person_set_stay_whatever_a_source_tells():
    ensure_topics()
    bring(ONE)
    health = Topic.objects.get(slug="health")
    PaperTopic.objects.create(paper=Paper.objects.get(), topic=health, confidence=1, set_by=PaperTopic.SetBy.PERSON)
    bring({**ONE, **OF_RETRIEVAL})
    assert topics_of_the_paper() == {"health"}


def test_a_topic_that_is_switched_off_is_given_to_no_paper():
    ensure_topics()
    Topic.objects.filter(slug="rag").update(is_active=False)
    bring({**ONE, **OF_RETRIEVAL})
    assert "rag" not in topics_of_the_paper()


def test_of_rows_that_an_editor_joins_the_one_with_most_votes_stays_and_is_seen():
    few, many = make_paper(1, arxiv_id=None, votes=3), make_paper(2, arxiv_id=None, votes=9, is_hidden=True)
    assert join([few, many]) == many
    assert [paper.is_hidden for paper in Paper.objects.order_by("votes")] == [True, False]


def test_the_doi_of_joined_rows_goes_over_to_the_one_that_stays():
    other = make_paper(1, arxiv_id=None, doi="10.1/x", votes=9)
    kept = join([make_paper(2), other])
    assert (kept.arxiv_id, kept.doi) == ("2507.00002", "10.1/x")
    assert Paper.objects.get(pk=other.pk).doi is None
