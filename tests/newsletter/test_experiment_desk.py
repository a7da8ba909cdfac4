"""The editor starts and stops a comparison in admin: shown first, recorded after."""

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from newsletter.models import Experiment
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
    assert 'name="changes"' in admin_client.get(url).content.decode()
    experiment.start(now=NOW)
    page = admin_client.get(url).content.decode()
    assert 'name="changes"' not in page
    assert 'name="ends_at_0"' in page
    assert "Nothing is decided yet." in page


def test_a_share_beyond_all_readers_is_refused_in_words(admin_client, db):
    values = {"name": "Odd", "changes": '{"votes": 2}', "share": "7"}
    page = admin_client.post(reverse("admin:newsletter_experiment_add"), values).content.decode()
    assert "above 0 and at most 1" in page
    assert "Constraint" not in page


def test_an_unknown_weight_is_refused_by_name(admin_client, db):
    values = {"name": "Odd", "changes": '{"vote": 2}', "share": "0.1"}
    page = admin_client.post(reverse("admin:newsletter_experiment_add"), values).content.decode()
    assert "There is no weight “vote”" in page
    assert not Experiment.objects.exists()


def test_an_end_that_is_over_is_refused(admin_client, db):
    values = {
        "name": "Late",
        "changes": '{"votes": 0.9}',
        "share": "0.1",
        "ends_at_0": "2020-01-01",
        "ends_at_1": "00:00",
    }
    page = admin_client.post(reverse("admin:newsletter_experiment_add"), values).content.decode()
    assert "This moment is over" in page
    assert not Experiment.objects.exists()
