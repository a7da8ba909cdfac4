"""Days without a digest lose nothing: their best papers come with the next one."""

import datetime as dt

import pytest

from newsletter.building import build_due
from papers.models import Paper
from subscribers import leaving
from subscribers.models import Subscriber
from tests.newsletter.readers import DAY, MORNING, make_reader
from tests.papers.shelf import make_paper

pytestmark = pytest.mark.django_db
ONE_DAY = dt.timedelta(days=1)


def publish(number, day, topic="vision"):
    return make_paper(number, topics=(topic,), featured_on=DAY + day * ONE_DAY, votes=0).pk


def live_through(days):
    """Let the clock ring each morning."""
    for day in days:
        build_due(now=MORNING + day * ONE_DAY)


def digests(reader):
    """Return the papers of the reader's digests by day, as offsets from DAY."""
    made = reader.digests.exclude(state="skipped").order_by("edition__day").select_related("edition")
    return {(digest.edition.day - DAY).days: {pick["paper"] for pick in digest.picks} for digest in made}


def test_too_few_good_papers_wait_for_the_day_on_which_there_are_enough():
    first, second = publish(1, 0), publish(2, 1)
    for number in range(3, 9):
        publish(number, 0, "speech")  # many papers, but nothing speaks for them
    reader = make_reader(topics=("vision",), min_papers=2)
    live_through(range(3))
    assert digests(reader) == {1: {first, second}}


def test_the_papers_of_a_pause_come_with_the_first_digest_after_it():
    before, during, last = publish(1, 0), publish(2, 2), publish(3, 4)
    reader = make_reader(topics=("vision",))
    live_through([0])
    reader.refresh_from_db()
    reader.pause(until=DAY + 4 * ONE_DAY, now=MORNING + dt.timedelta(hours=1))
    live_through(range(1, 6))
    assert digests(reader) == {0: {before}, 4: {during, last}}


def test_a_weekend_without_a_digest_comes_on_monday():
    saturday = next(day for day in range(7) if (DAY + day * ONE_DAY).weekday() == 5)
    papers = {publish(number, saturday + number) for number in range(3)}
    reader = make_reader(topics=("vision",), cadence="weekdays")
    live_through(range(saturday + 3))
    assert digests(reader)[saturday + 2] == papers


def test_a_weekly_reader_gets_the_best_of_all_seven_days():
    papers = {publish(number, number) for number in range(7)}
    reader = make_reader(topics=("vision",))
    Subscriber.objects.update(cadence="weekly", days=[(DAY + 6 * ONE_DAY).weekday()])
    reader.refresh_from_db()
    reader.plan_next_digest(after=MORNING - ONE_DAY)
    reader.save()
    live_through(range(8))
    assert digests(reader) == {6: papers}


def test_four_weeks_of_peace_bring_the_last_week_and_nothing_twice():
    for number in range(30):
        publish(number, number)
    reader = make_reader(topics=("vision",))
    live_through([0])
    reader.refresh_from_db()
    leaving.rest(reader, now=MORNING + dt.timedelta(hours=1))
    live_through(range(1, 30))
    made = digests(reader)
    assert list(made) == [0, 28, 29]
    week = set(
        Paper.objects.filter(featured_on__range=(DAY + 22 * ONE_DAY, DAY + 28 * ONE_DAY)).values_list("pk", flat=True)
    )
    assert made[28] == week
    assert not made[29] & made[28]
