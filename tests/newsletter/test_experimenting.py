"""Two sets of weights write one digest; the clicks say which is better, harm stops the comparison."""

import datetime as dt
from collections import Counter

import pytest
from django.core.exceptions import ValidationError

from newsletter.building.choosing import Choosing
from newsletter.experimenting import DRAWS, at_least, guard, report_of, takes_part, trial_of
from newsletter.models import Digest, Edition, Event, Experiment, Recipe
from newsletter.models.picks import read_picks
from papers.ranking import Candidate, Ranker, Slate, Taste, Weights
from papers.ranking.drafting import CHALLENGER, CONTROL
from tests.newsletter.sent import NOW, make_digest, make_paper, make_reader

DAY = NOW.date()
LATER = NOW + dt.timedelta(hours=1)


def make_experiment(**values) -> Experiment:
    return Experiment.objects.create(**{"name": "More votes", "changes": {"votes": 4.0}, "share": 1.0} | values)


def running(**values) -> Experiment:
    experiment = make_experiment(**values)
    assert experiment.start(now=NOW)
    return experiment


def slate() -> Slate:
    topics = ["audio", "vision"]
    return Slate([Candidate(n, f"Paper {n}", topics={topics[n % 2]: 1.0}, votes=n * n) for n in range(1, 21)], Ranker())


def signs(experiment: Experiment, reader, *, control: str = "", challenger: str = "", number: int = 0) -> None:
    """Send a reader a digest of one paper by each team, and let the reader do this with them."""
    papers = {team: make_paper(100 + 2 * number + n) for n, team in enumerate((CONTROL, CHALLENGER))}
    digest = make_digest(reader, *papers.values())
    for pick, team in zip(digest.picks, papers, strict=True):
        pick |= {"experiment": experiment.pk, "team": team}
    digest.save()
    Digest.objects.filter(pk=digest.pk).update(created_at=LATER)
    for team, kind in ((CONTROL, control), (CHALLENGER, challenger)):
        if kind:
            Event.objects.create(
                subscriber=reader, digest=digest, paper=papers[team], kind=kind, at=LATER, key=f"{digest.pk}:{team}"
            )


@pytest.mark.django_db
def test_only_one_experiment_runs_and_it_keeps_the_weights_of_its_start():
    first, second = running(), make_experiment(name="Fewer votes", changes={"votes": 0.1})
    assert not second.start(now=NOW)
    Recipe.objects.create(votes=9.0)
    first.refresh_from_db()
    assert (first.control["votes"], first.challenger["votes"]) == (Weights().votes, 4.0)


@pytest.mark.django_db
@pytest.mark.parametrize("changes", [{}, {"vote": 1}, {"votes": 11}, {"votes": "many"}, [1]])
def test_nonsense_is_refused_before_anybody_is_asked(changes):
    with pytest.raises(ValidationError, match="weight|changes|number"):
        Experiment(name="Nonsense", changes=changes).full_clean()


@pytest.mark.django_db
def test_a_share_of_the_readers_takes_part_and_always_the_same():
    experiment = running(share=0.25)
    inside = [number for number in range(4_000) if takes_part(experiment, number)]
    assert 900 < len(inside) < 1_100
    assert inside == [number for number in range(4_000) if takes_part(experiment, number)]


@pytest.mark.django_db
def test_over_the_draws_both_teams_choose_as_much_and_as_high():
    running()
    trial = trial_of(slate(), DAY, now=LATER)
    digests = trial.choose([Taste(topics={"audio": 1})] * DRAWS, limits=[8] * DRAWS, draws=range(DRAWS))
    assert Counter(digest[0].team for digest in digests) == {CONTROL: 8, CHALLENGER: 8}
    teams = Counter(pick.team for digest in digests for pick in digest)
    assert teams[CONTROL] == teams[CHALLENGER]
    assert all(len({pick.id for pick in digest}) == 8 for digest in digests)


@pytest.mark.django_db
def test_a_reader_outside_and_a_day_after_the_end_have_no_trial():
    experiment = running(share=0.5, ends_at=NOW + dt.timedelta(days=7))
    trial = trial_of(slate(), DAY, now=LATER)
    draws = {number: trial.draw(number) for number in range(200)}
    assert all((draw is not None) == takes_part(experiment, number) for number, draw in draws.items())
    assert trial_of(slate(), DAY, now=NOW + dt.timedelta(days=8)) is None


@pytest.mark.django_db
def test_the_digests_of_an_experiment_say_who_chose_each_paper():
    for number in range(30):
        make_paper(number, votes=number)
    inside, outside = make_reader(1), make_reader(2)
    experiment = running(share=0.5)
    while takes_part(experiment, outside.pk) or not takes_part(experiment, inside.pk):
        inside, outside = outside, make_reader(100 + outside.pk)
    edition = Edition.objects.of_day(DAY)
    drafted, plain = (read_picks(c.picks) for c in Choosing(now=LATER).choices(edition, [inside, outside]))
    assert {pick.get("team") for pick in drafted} == {CONTROL, CHALLENGER}
    assert all(pick.keys() == {"paper", "reason"} for pick in plain)


@pytest.mark.django_db
def test_readers_who_click_the_challengers_papers_make_it_the_winner():
    experiment = running()
    for number in range(12):
        signs(experiment, make_reader(number), number=number, challenger="clicked")
    report = report_of(experiment)
    assert report.liked == {CHALLENGER: 12}
    assert report.winner == CHALLENGER
    assert report.chance == pytest.approx(2 / 2**12)


@pytest.mark.django_db
def test_machines_and_readers_without_consent_have_no_voice():
    experiment = running()
    signs(experiment, make_reader(1, tracking="denied"), number=1, challenger="clicked")
    signs(experiment, make_reader(2), number=2, control="clicked")
    Event.objects.update(is_machine=True)
    report = report_of(experiment)
    assert (report.liked, report.winner, report.chance) == ({}, "", 1.0)


@pytest.mark.django_db
def test_dislike_of_the_challengers_papers_stops_the_experiment():
    experiment = running()
    for number in range(6):
        signs(experiment, make_reader(number), number=number, challenger="less")
    assert not guard(now=LATER)  # six against none: one in 64
    signs(experiment, make_reader(6), number=6, challenger="less")
    assert guard(now=LATER)
    experiment.refresh_from_db()
    assert experiment.state == Experiment.State.STOPPED
    assert "7 for the challenger" in experiment.stopped_because


@pytest.mark.django_db
def test_readers_leaving_from_inside_stop_the_experiment():
    experiment = running(share=0.1)
    leaving = [reader for reader in map(make_reader, range(80)) if takes_part(experiment, reader.pk)][:3]
    for reader in leaving:
        reader.leave(now=LATER, reason="page")
    assert guard(now=LATER)
    experiment.refresh_from_db()
    assert "3 of 3 who left took part" in experiment.stopped_because


@pytest.mark.django_db
def test_an_experiment_ends_when_its_time_is_over():
    experiment = running(ends_at=LATER)
    assert not guard(now=NOW)
    assert guard(now=LATER)
    experiment.refresh_from_db()
    assert experiment.stopped_because == "its time was over"


@pytest.mark.parametrize(
    ("successes", "trials", "expected"), [(0, 9, 1), (9, 9, 2**-9), (5, 9, 0.5), (8, 10, 56 / 1024)]
)
def test_the_binomial_tail_is_exact(successes, trials, expected):
    assert at_least(successes, trials, 0.5) == pytest.approx(expected)
