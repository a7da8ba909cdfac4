"""What rises, and why."""

import datetime as dt
from io import StringIO

import pytest
from django.core.management import call_command

from papers.ingestion import ingest
from papers.models import Paper, PaperTopic, Topic
from papers.scoring import explain, score_trends
from papers.sources import Record
from papers.trending import Rising, percentiles, score

NOW = dt.datetime(2026, 3, 31, 15, tzinfo=dt.UTC)


def paper(**facts):
    return Rising(**{"id": 1, "votes": 40, "age_days": 0, **facts})


def test_a_paper_stands_among_those_of_its_day():
    standings = percentiles([1, 5, 5, 40])
    assert standings[40] > standings[5] > standings[1]
    assert percentiles([7])[7] == 0.5


@pytest.mark.parametrize(
    "more", [{"votes_per_day": 20}, {"stars": 500}, {"has_code": True}, {"reader_votes": 3}, {"boost": 1}]
)
def test_growth_stars_code_our_readers_and_the_editor_lift_a_paper(more):
    assert score(paper(**more), 0.5) > score(paper(), 0.5)


def test_a_score_halves_in_two_days():
    assert score(paper(age_days=2), 0.5) == pytest.approx(score(paper(), 0.5) / 2)


def record(number, votes):
    return Record(title=f"Rivers {number}", arxiv_id=f"2603.0000{number}", votes=votes, featured_on=NOW.date())


def take(*records, now=NOW):
    return ingest(records, kind="huggingface", day=now.date(), now=now)


@pytest.mark.django_db
def test_votes_are_kept_whenever_they_change_and_growth_counts():
    old = NOW - dt.timedelta(days=3)
    take(record(1, 5), record(2, 20), now=old)
    take(record(1, 25), record(2, 20))
    assert list(Paper.objects.get(arxiv_id="2603.00001").snapshots.values_list("votes", flat=True)) == [5, 25]
    assert Paper.objects.get(arxiv_id="2603.00002").snapshots.count() == 1
    assert score_trends(now=NOW) == 2
    first, second = Paper.objects.order_by("arxiv_id")
    assert first.trend > second.trend
    assert score_trends(now=NOW) == 0


@pytest.mark.django_db
def test_a_hidden_paper_stands_among_nobody():
    take(record(1, 5), record(2, 20))
    score_trends(now=NOW)
    alone = Paper.objects.get(arxiv_id="2603.00001")
    Paper.objects.exclude(pk=alone.pk).update(is_hidden=True)
    score_trends(now=NOW)
    terms, standing = explain([alone], now=NOW)[alone.pk]
    assert standing == 0.5
    assert Paper.objects.get(pk=alone.pk).trend == pytest.approx(score(terms, standing), abs=1e-4)


@pytest.mark.django_db
def test_votes_that_come_while_a_page_is_made_do_not_stop_it():
    take(record(1, 5))
    read = list(Paper.objects.all())
    take(record(1, 6))
    assert explain(read, now=NOW)[read[0].pk][0].votes == 5


@pytest.mark.django_db
def test_reclassifying_tells_first_and_never_moves_what_a_person_set():
    call_command("load_topics", stdout=StringIO())
    take(record(1, 5), record(2, 5))
    person, machine = Paper.objects.order_by("arxiv_id")
    PaperTopic.objects.create(paper=person, topic=Topic.objects.get(slug="health"), set_by="person")
    Topic.objects.filter(slug="science").update(phrases=["rivers"])

    def run(**options):
        out = StringIO()
        call_command("reclassify", stdout=out, stderr=StringIO(), **options)
        return out.getvalue()

    assert "1 of 2 papers would move" in run(dry_run=True)
    assert not machine.topics.exists()
    assert "science       +1 -0" in run()
    assert [topic.slug for topic in machine.topics.all()] == ["science"]
    assert [topic.slug for topic in person.topics.all()] == ["health"]
    assert "0 of 2 papers moved" in run()
