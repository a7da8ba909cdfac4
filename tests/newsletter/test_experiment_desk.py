"""The editor starts and stops a comparison in admin: shown first, recorded after."""

import pytest
from bs4 import BeautifulSoup
from django.contrib.admin.models import LogEntry
from django.core.exceptions import ValidationError
from django.urls import reverse

from newsletter.models import Experiment, Recipe
from tests.newsletter.sent import NOW


@pytest.fixture
def experiment(db) -> Experiment:
    return Experiment.objects.create(name="More votes", changes={"votes": 0.9}, share=0.2)


def order(client, experiment, name, **more):
    url = reverse("admin:newsletter_experiment_changelist")
    return client.post(url, {"action": name, "_selected_action": [experiment.pk], **more}, follow=True)


def test_a_start_is_shown_before_it_happens_and_recorded_after(admin_client, experiment):
    page = order(admin_client, experiment, "start").content.decode()
    assert "votes 0.9" in page
    experiment.refresh_from_db()
    assert experiment.state == Experiment.State.DRAFT
    order(admin_client, experiment, "start", confirmed="yes")
    experiment.refresh_from_db()
    assert experiment.state == Experiment.State.RUNNING
    assert LogEntry.objects.get().change_message == "start"


def test_a_second_stop_changes_nothing_and_says_so(admin_client, experiment):
    experiment.start(now=NOW)
    order(admin_client, experiment, "stop", confirmed="yes")
    experiment.refresh_from_db()
    assert experiment.stopped_because == "an editor stopped it"
    assert "nothing was changed" in order(admin_client, experiment, "stop", confirmed="yes").content.decode()


def test_what_is_compared_cannot_be_changed_after_the_start_but_its_end_can(admin_client, experiment):
    url = reverse("admin:newsletter_experiment_change", args=[experiment.pk])
    assert 'name="votes"' in admin_client.get(url).content.decode()
    experiment.start(now=NOW)
    page = admin_client.get(url).content.decode()
    assert 'name="votes"' not in page
    assert "votes 0.9" in page
    assert 'name="ends_at_0"' in page
    admin_client.post(url, {"name": "Other", "ends_at_0": "", "ends_at_1": "", "votes": "5"})
    experiment.refresh_from_db()
    assert (experiment.name, experiment.changes) == ("Other", {"votes": 0.9})
    assert "Nothing is decided yet." in page


def test_a_share_beyond_all_readers_is_refused_in_words(admin_client, db):
    values = {"name": "Odd", "votes": "2", "share": "7"}
    page = admin_client.post(reverse("admin:newsletter_experiment_add"), values).content.decode()
    assert "above 0 and at most 1" in page
    assert "Constraint" not in page


def test_weights_are_turned_by_name_and_what_is_empty_stays(admin_client, db):
    Recipe.objects.create(votes=0.7)
    form = BeautifulSoup(admin_client.get(reverse("admin:newsletter_experiment_add")).content, "html.parser")
    assert form.find("input", {"name": "votes"})["placeholder"] == "as in yours: 0.7"
    assert form.find("select", {"name": "explore"}).option.text == "as in yours: yes"
    values = {"name": "Fewer votes", "share": "0.1", "votes": "0", "explore": "False"}
    admin_client.post(reverse("admin:newsletter_experiment_add"), values)
    made = Experiment.objects.get()
    assert made.changes == {"votes": 0.0, "explore": False}
    again = admin_client.get(reverse("admin:newsletter_experiment_change", args=[made.pk]))
    shown = BeautifulSoup(again.content, "html.parser")
    assert shown.find("input", {"name": "votes"})["value"] == "0.0"
    assert shown.find("select", {"name": "explore"}).find("option", selected=True).text == "no"
    assert "value" not in shown.find("input", {"name": "topic"}).attrs


@pytest.mark.parametrize(("votes", "said"), [("", "Give at least one weight"), ("70", "from 0 to 10")])
def test_what_is_no_comparison_is_refused_in_words(admin_client, db, votes, said):
    values = {"name": "Odd", "share": "0.1", "votes": votes}
    assert said in admin_client.post(reverse("admin:newsletter_experiment_add"), values).content.decode()
    assert not Experiment.objects.exists()


def test_an_unknown_weight_is_refused_by_name(db):
    with pytest.raises(ValidationError, match="There is no weight “vote”"):
        Experiment(name="Odd", changes={"vote": 2}, share=0.1).full_clean()


def test_an_end_that_is_over_is_refused(admin_client, db):
    values = {
        "name": "Late",
        "votes": "0.9",
        "share": "0.1",
        "ends_at_0": "2020-01-01",
        "ends_at_1": "00:00",
    }
    page = admin_client.post(reverse("admin:newsletter_experiment_add"), values).content.decode()
    assert "This moment is over" in page
    assert not Experiment.objects.exists()
