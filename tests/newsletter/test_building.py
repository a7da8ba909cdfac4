"""Who gets a digest, of which papers, and when the next one is due."""

import datetime as dt

import pytest

from newsletter.building import build_due
from newsletter.models import Digest, Edition, Placement
from tests.newsletter.readers import DAY, MORNING, make_reader
from tests.papers.shelf import make_paper

pytestmark = pytest.mark.django_db
ONE_DAY = dt.timedelta(days=1)


def chosen(digest: Digest) -> list[int]:
    return [pick["paper"] for pick in digest.picks]


def test_a_reader_gets_papers_of_their_topic_with_the_reason():
    paper = make_paper(1, topics=("vision",))
    make_paper(2, topics=("robots",), votes=0)
    make_reader(topics=("vision",))
    assert build_due(now=MORNING) == 1
    digest = Digest.objects.get()
    assert (digest.state, digest.due_at, digest.edition.day) == ("pending", MORNING, DAY)
    assert digest.picks[0] == {"paper": paper.pk, "reason": {"kind": "topic", "value": "vision"}}


def test_nobody_is_served_before_their_hour():
    make_paper()
    make_reader()
    assert build_due(now=MORNING - dt.timedelta(seconds=1)) == 0
    assert not Digest.objects.exists()


def test_the_next_digest_is_written_ahead_and_no_second_one_comes_the_same_day():
    make_paper()
    reader = make_reader()
    build_due(now=MORNING)
    build_due(now=MORNING)
    reader.refresh_from_db()
    assert Digest.objects.count() == 1
    assert (reader.next_digest_at, reader.last_digest_day) == (MORNING + ONE_DAY, DAY)


def test_a_reader_who_chose_a_later_hour_when_the_digest_was_due_already_gets_the_next_one_tomorrow():
    make_paper()
    reader = make_reader(hour=12)
    build_due(now=MORNING)
    reader.refresh_from_db()
    assert reader.next_digest_at == MORNING + ONE_DAY + dt.timedelta(hours=5)


def test_a_reader_whose_hour_moved_gets_one_digest_a_day_and_the_accounts_balance():
    make_paper()
    reader = make_reader()
    build_due(now=MORNING)
    reader.next_digest_at, reader.next_digest_day = MORNING + dt.timedelta(hours=3), DAY
    reader.save()
    build_due(now=MORNING + dt.timedelta(hours=3))
    edition = Edition.objects.get()
    assert Digest.objects.count() == 1
    assert (edition.candidate_count, edition.excluded_count) == (2, 1)
    assert edition.is_balanced()


def test_no_paper_comes_twice_on_two_days_running():
    for number in range(1, 7):
        make_paper(number)
    reader = make_reader(size=4)
    build_due(now=MORNING)
    build_due(now=MORNING + ONE_DAY)
    first, second = (chosen(digest) for digest in reader.digests.order_by("edition__day"))
    assert len(first) == 4
    assert len(second) == 2
    assert not set(first) & set(second)


def test_too_few_papers_make_a_quiet_day_that_says_so():
    make_paper()
    make_reader(1, min_papers=2)
    build_due(now=MORNING)
    digest = Digest.objects.get()
    assert (digest.state, digest.reason) == ("skipped", "quiet day: 1 papers, 2 asked for")


def test_papers_older_than_a_week_and_of_tomorrow_are_no_candidates():
    make_paper(1, featured_on=DAY - dt.timedelta(days=7))
    make_paper(2, featured_on=DAY + ONE_DAY)
    make_paper(3, is_hidden=True)
    make_reader()
    build_due(now=MORNING)
    assert Digest.objects.get().reason == "quiet day: no new papers"


def test_a_pinned_paper_leads_every_digest_and_a_banned_one_is_in_none():
    papers = [make_paper(number, topics=("vision",)) for number in range(1, 4)]
    edition = Edition.objects.of_day(DAY)
    Placement.objects.create(edition=edition, paper=papers[0], kind="pin")
    Placement.objects.create(edition=edition, paper=papers[2], kind="ban")
    make_reader(topics=("vision",))
    build_due(now=MORNING)
    digest = Digest.objects.get()
    assert chosen(digest) == [papers[0].pk, papers[1].pk]
    assert digest.picks[0]["reason"]["kind"] == "editor"


def test_a_day_that_was_missed_is_recorded_and_not_sent_late():
    make_paper()
    reader = make_reader()
    build_due(now=MORNING + 3 * ONE_DAY + dt.timedelta(hours=1))
    states = [(digest.edition.day, digest.state) for digest in Digest.objects.order_by("edition__day")]
    assert states == [(DAY, "skipped"), (DAY + 3 * ONE_DAY, "pending")]
    reader.refresh_from_db()
    assert reader.next_digest_day == DAY + 4 * ONE_DAY


def test_an_edition_is_ready_when_everybody_who_was_due_has_a_row():
    make_paper()
    make_reader()
    build_due(now=MORNING)
    assert Edition.objects.get().state == "ready"


def test_a_round_serves_a_chunk_more_than_its_limit_at_most_and_the_next_goes_on(monkeypatch):
    monkeypatch.setattr("newsletter.building.build.CHUNK", 2)
    make_paper()
    for number in range(5):
        make_reader(number)
    assert [build_due(now=MORNING, limit=3) for _ in range(3)] == [4, 1, 0]


def test_the_number_of_queries_does_not_grow_with_the_readers(django_assert_max_num_queries):
    make_paper(1, topics=("vision",))
    for number in range(1, 31):
        make_reader(number, topics=("vision",))
    with django_assert_max_num_queries(40):
        build_due(now=MORNING)
    assert Digest.objects.count() == 30
