"""Digests and what came back for them are kept for DIGESTS_KEPT_DAYS, and what still counts for longer."""

import datetime as dt
import io

import pytest
from django.core.management import call_command
from django.urls import reverse

from newsletter import checks, learning, rereading, stats, taste, tracking
from newsletter.discarding import discard, outlived
from newsletter.experimenting import report_of
from newsletter.models import Digest, Edition, Event, Experiment
from newsletter.tasks import discard_old_digests
from papers.models import Paper
from tests.newsletter.sent import NOW, make_digest, make_paper, make_reader
from tests.newsletter.test_experimenting import running, signs

pytestmark = pytest.mark.django_db
LONG_AGO = dt.timedelta(days=402)


@pytest.fixture
def paper():
    return make_paper()


@pytest.fixture
def old(paper):
    return letter_of(NOW - LONG_AGO, make_reader(), paper)


def letter_of(at, *whom_and_what, state="sent"):
    digest = make_digest(*whom_and_what, day=at.date(), state=state)
    Digest.objects.filter(pk=digest.pk).update(created_at=at, sent_at=at)
    Edition.objects.filter(pk=digest.edition_id).update(state="done")
    return digest


def event_of(digest, kind, *, at=NOW - LONG_AGO, **values):
    values = {"key": f"{kind}/{digest.pk if digest else 0}/{at}", **values}
    reader = digest.subscriber if digest else None
    return Event.objects.create(kind=kind, digest=digest, subscriber=reader, at=at, **values)


def discard_all(now=NOW):
    return +discard(now=now, is_over=lambda: False)


def test_what_is_older_than_is_kept_goes_and_what_is_younger_stays(old, paper):
    young = letter_of(NOW - dt.timedelta(days=400), make_reader(2), paper)
    event_of(old, "opened")
    event_of(young, "opened", at=NOW - dt.timedelta(days=399))
    assert discard_all() == {"digests": 1, "events": 1}
    assert Digest.objects.get() == young
    assert Event.objects.get().digest == young
    assert Edition.objects.count() == 2
    assert not discard_all()


def test_with_nought_days_everything_is_kept(old, settings):
    settings.DIGESTS_KEPT_DAYS = 0
    assert not discard_all()
    assert not outlived(now=NOW)
    assert Digest.objects.exists()


def test_what_was_said_lately_of_an_old_letter_is_still_learned_from(old, paper):
    event_of(old, "more", at=NOW - dt.timedelta(days=300), paper=paper)
    before = taste.tastes_of([old.subscriber_id], now=NOW)
    assert before[old.subscriber_id].opened
    discard_all()
    assert not Digest.objects.exists()
    assert taste.tastes_of([old.subscriber_id], now=NOW) == before


def test_what_was_said_lately_goes_too_when_it_is_old_itself(old, paper):
    event_of(old, "less", at=NOW - dt.timedelta(days=300), paper=paper)
    discard_all()
    assert discard_all(NOW + dt.timedelta(days=102)) == {"events": 1}


def test_a_vote_counts_for_as_long_as_its_paper_stands(client, old, paper):
    event_of(old, "upvoted", paper=paper, key=f"vote/{old.subscriber_id}/{paper.pk}")
    discard_all()
    letter = make_digest(make_reader(2), paper)
    tracking.say(letter, paper, Event.Kind.UPVOTED, now=NOW)
    assert Paper.objects.get().reader_votes == 2
    tracking.say(make_digest(old.subscriber, paper), paper, Event.Kind.UNVOTED, now=NOW)
    assert Paper.objects.get().reader_votes == 1


@pytest.mark.parametrize("kind", ["more", "upvoted"])
def test_what_a_reader_liked_long_ago_stays_on_their_list_until_they_take_it_off(old, paper, kind):
    event_of(old, kind, paper=paper)
    discard_all()
    assert list(rereading.liked_by(old.subscriber)) == [paper]
    rereading.take_back(old.subscriber, paper, now=NOW)
    assert not rereading.liked_by(old.subscriber).exists()
    assert Paper.objects.get().reader_votes == 0


@pytest.mark.parametrize("kind", ["complained", "unsubscribed"])
def test_who_complained_or_left_has_done_so_for_good(old, kind):
    event_of(old, kind)
    discard_all()
    assert Event.objects.get().kind == kind


def test_what_came_back_for_no_digest_goes_by_its_own_age(db):
    event_of(None, "bounced")
    event_of(None, "bounced", at=NOW - dt.timedelta(days=399))
    assert discard_all() == {"events": 1}


def test_a_stopped_experiment_keeps_its_account_when_its_digests_go(paper):
    began = NOW - LONG_AGO
    experiment = running()
    signs(experiment, make_reader(), control="less", challenger="more")
    Experiment.objects.update(started_at=began, state="stopped", stopped_at=began + dt.timedelta(days=9))
    Edition.objects.update(day=began.date(), state="done")
    Event.objects.update(at=began)
    Digest.objects.update(created_at=began)
    told = report_of(Experiment.objects.get())
    assert all((told.liked, told.disliked, told.preferring))
    assert discard_all()["digests"] == 1
    assert report_of(Experiment.objects.get()) == told


def test_an_experiment_whose_digests_stay_goes_on_counting(old):
    experiment = running()
    experiment.stop("an editor stopped it", now=NOW)
    discard_all()
    assert Experiment.objects.get().counted is None


@pytest.mark.parametrize("state", ["pending", "leased", "sending", "unknown"])
def test_a_digest_whose_fate_is_open_stays(paper, state):
    letter_of(NOW - LONG_AGO, make_reader(), paper, state=state)
    assert not discard_all()


def test_digests_of_an_edition_that_has_not_ended_stay(old):
    Edition.objects.update(state="sending", is_paused=True)
    assert not discard_all()


def test_a_deleted_readers_digest_goes_like_the_others(old):
    old.subscriber.delete()
    assert discard_all() == {"digests": 1}


def test_the_edition_keeps_its_accounts_and_figures(old, paper, admin_client):
    edition = old.edition
    other = letter_of(NOW - LONG_AGO, make_reader(2), paper)
    letter_of(NOW - LONG_AGO, make_reader(3), paper, state="unknown")
    Digest.objects.filter(state="unknown").update(state="skipped")
    Edition.objects.update(candidate_count=3)
    for kind in ("opened", "clicked", "complained"):
        event_of(old, kind)
        event_of(old, kind, key=f"{kind} again")
    event_of(other, "opened", is_machine=True)
    edition.refresh_from_db()
    accounts, funnel = edition.accounts(), stats.funnel(edition)
    assert discard_all()["digests"] == 3
    edition.refresh_from_db()
    assert (edition.accounts(), edition.glance(), stats.funnel(edition)) == (accounts, accounts, funnel)
    assert edition.gone() == {"digests": 3, "opened": 1, "clicked": 1, "complained": 1}
    page = admin_client.get(reverse("admin:newsletter_edition_change", args=[edition.pk])).text
    assert "3 of them no longer kept one by one · 1" in page
    told = io.StringIO()
    call_command("edition", f"{edition.day}", stdout=told)
    assert "Digests: 2 sent, 1 skipped (3 of them no longer kept one by one)." in told.getvalue()


def test_the_figures_of_an_edition_add_up_while_it_goes_little_by_little(old, paper, monkeypatch):
    monkeypatch.setattr("newsletter.discarding._AT_A_TIME", 1)
    event_of(old, "clicked")
    event_of(letter_of(NOW - LONG_AGO, make_reader(2), paper), "clicked", key="other")
    Edition.objects.update(candidate_count=2)
    funnel = stats.funnel(Edition.objects.get())
    for left in (1, 0):
        assert discard(now=NOW, is_over=lambda: True)["digests"] == 1
        assert Digest.objects.count() == left
        assert Edition.objects.get().accounts() == {"sent": 2}
        assert stats.funnel(Edition.objects.get()) == funnel


def test_the_oldest_go_first(old, paper, monkeypatch):
    older = letter_of(NOW - LONG_AGO * 2, make_reader(2), paper)
    discard(now=NOW, is_over=lambda: True)
    assert Digest.objects.get() == old != older


def test_a_thousand_digests_cost_few_statements_and_no_row_is_read(paper, django_assert_max_num_queries):
    readers = [make_reader(number) for number in range(30)]
    for reader in readers:
        event_of(letter_of(NOW - LONG_AGO, reader, paper), "opened")
    with django_assert_max_num_queries(25) as asked:
        assert discard_all() == {"digests": 30, "events": 30}
    about_digests = [query["sql"] for query in asked if 'FROM "newsletter_digest"' in query["sql"]]
    assert not [sql for sql in about_digests if '"picks"' in sql or "JOIN" in sql]


def test_the_least_that_may_be_set_is_more_than_anything_looks_back():
    backwards = (taste.REMEMBERED_FOR, taste.SEEN_FOR, learning.LEARNED_FROM)
    assert dt.timedelta(days=checks.LEAST_DAYS_KEPT) > max(backwards)


@pytest.mark.parametrize(("days", "is_refused"), [(0, False), (366, False), (365, True), (-1, True)])
def test_so_few_days_that_a_ranking_would_forget_are_refused_at_start(settings, days, is_refused):
    settings.DIGESTS_KEPT_DAYS = days
    said = "".join(error.msg for error in checks.settings_are_understood())
    assert (f"DIGESTS_KEPT_DAYS is “{days}”: it must be 366 or more" in said) is is_refused


def test_the_clock_discards(old, time_machine):
    time_machine.move_to(NOW, tick=False)
    discard_old_digests()
    assert not Digest.objects.exists()


def test_the_loop_without_a_clock_discards(old):
    call_command("run_digests")
    assert not Digest.objects.exists()


def test_by_hand_it_is_shown_first(old):
    event_of(old, "opened")
    told = io.StringIO()
    call_command("discard_old_digests", stdout=told)
    assert "1 digests, 1 events" in told.getvalue()
    assert "Nothing was deleted" in told.getvalue()
    assert Digest.objects.exists()
    call_command("discard_old_digests", yes=True, stdout=told, stderr=told)
    assert "Deleted: 1 digests, 1 events" in told.getvalue()
    assert not Digest.objects.exists()
