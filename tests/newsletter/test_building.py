"""Who gets a digest, of which papers, and when the next one is due."""

import datetime as dt

import pytest

from newsletter.building import build_due
from newsletter.building.choosing import Choosing
from newsletter.models import Digest, Edition, Placement
from papers.models import Paper
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


@pytest.mark.parametrize("count", [0, 1])
def test_a_quiet_day_comes_as_a_letter_to_whoever_wished_for_one_and_is_never_an_empty_digest(count):
    for number in range(count):
        make_paper(number)
    make_reader(1, min_papers=2, wants_quiet_letter=True)
    make_reader(2, min_papers=0)
    build_due(now=MORNING)
    wished, other = Digest.objects.order_by("subscriber_id")
    assert (wished.state, chosen(wished)) == ("pending", [])
    assert (other.state, len(chosen(other))) == (("pending", 1) if count else ("skipped", 0))


def test_a_muted_topic_is_not_counted_as_followed():
    make_paper(topics=("vision",))
    make_reader(topics=("vision", "robots")).topic_preferences.filter(topic__slug="robots").update(weight=-2)
    build_due(now=MORNING)
    assert Digest.objects.get().topics == 1


@pytest.mark.parametrize(
    "wishes",
    [
        {"topics": ("vision",)},
        {"keywords": ["robots"]},
        {"authors": ["Ada Lamp"]},
        {"size": 4},
        {"min_papers": 9},
        {"min_papers": 9, "wants_quiet_letter": True},
    ],
    ids=str,
)
def test_readers_of_one_round_get_what_each_would_get_alone(wishes):
    for number in range(1, 7):
        make_paper(number, topics=("vision",) if number < 3 else (), authors=["Ada Lamp" if number == 4 else "Bo Wick"])
    make_paper(7, title="Robots at sea")
    plain = {"min_papers": 9} if "wants_quiet_letter" in wishes else {}
    readers = [make_reader(1, **plain), make_reader(2, **wishes)]
    edition = Edition.objects.of_day(DAY)
    alone = [Choosing(now=MORNING).choices(edition, [reader])[0] for reader in readers]
    assert alone[0] != alone[1]
    assert Choosing(now=MORNING).choices(edition, readers) == alone


def test_no_more_choices_are_kept_than_said_and_those_at_hand_stay(monkeypatch):
    monkeypatch.setattr("newsletter.building.choosing._REMEMBERED", 3)
    make_paper()
    readers = [make_reader(number, size=number + 1) for number in range(1, 5)]
    edition, choosing = Edition.objects.of_day(DAY), Choosing(now=MORNING)
    kept = []
    for hand in (readers[:2], readers[1:3], readers[2:], readers):
        choices = choosing.choices(edition, hand)
        assert choices == Choosing(now=MORNING).choices(edition, hand)
        kept.append(len(choosing._desks[edition.pk]._made))
    assert kept == [2, 3, 2, 4]


def test_what_one_reader_had_is_kept_from_nobody_else():
    papers = {make_paper(number).pk for number in range(1, 4)}
    reader = make_reader(1)
    build_due(now=MORNING)
    newcomer = make_reader(2, next_digest_at=MORNING + ONE_DAY, next_digest_day=DAY + ONE_DAY)
    build_due(now=MORNING + ONE_DAY)
    assert set(chosen(newcomer.digests.get())) == papers
    assert [set(chosen(digest)) for digest in reader.digests.order_by("edition__day")] == [papers, set()]


def test_nobody_is_told_another_readers_keyword():
    make_paper()
    readers = [make_reader(number, keywords=[word]) for number, word in enumerate(("lighthouse", "keeping"))]
    build_due(now=MORNING)
    reasons = [reader.digests.get().picks[0]["reason"] for reader in readers]
    assert reasons == [{"kind": "keyword", "value": word} for word in ("lighthouse", "keeping")]


def test_the_editors_boost_lifts_a_paper():
    make_paper(1, votes=5), make_paper(2, votes=5, boost=5)
    make_reader()
    build_due(now=MORNING)
    assert chosen(Digest.objects.get())[0] == Paper.objects.get(boost=5).pk


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


def test_more_pins_than_a_reader_wants_papers_are_cut_off():
    for number in range(1, 7):
        Placement.objects.create(edition=Edition.objects.of_day(DAY), paper=make_paper(number), kind="pin")
    make_reader(size=4)
    build_due(now=MORNING)
    assert len(chosen(Digest.objects.get())) == 4


def test_a_pinned_paper_that_a_reader_had_or_that_was_taken_back_comes_to_nobody():
    old, hidden = make_paper(1, featured_on=DAY - 30 * ONE_DAY), make_paper(2, is_hidden=True)
    for day in (DAY, DAY + ONE_DAY):
        for paper in (old, hidden):
            Placement.objects.create(edition=Edition.objects.of_day(day), paper=paper, kind="pin")
    reader = make_reader()
    Paper.objects.update(created_at=MORNING - ONE_DAY)
    build_due(now=MORNING)
    new = make_paper(3, featured_on=DAY + ONE_DAY)
    Paper.objects.filter(pk=new.pk).update(created_at=MORNING + dt.timedelta(hours=2))
    build_due(now=MORNING + ONE_DAY)
    assert [chosen(digest) for digest in reader.digests.order_by("edition__day")] == [[old.pk], [new.pk]]


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
