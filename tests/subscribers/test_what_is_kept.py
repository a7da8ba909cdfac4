"""What a data protection officer asks: what is kept of whom, how long, and what the ledger proves."""

import datetime as dt
import json

import pytest
import time_machine
from django.apps import apps
from django.urls import reverse
from readers import NOW, a_reader, link

from newsletter.events import Report, record
from newsletter.models import Digest, Edition, Event
from subscribers import leaving, preferences, signup
from subscribers.models import AddressChange, Ask, ConsentRecord, Notice, Subscriber, Suppression, hash_address
from subscribers.transfer import begin

pytestmark = pytest.mark.django_db
LATER = NOW + dt.timedelta(days=15)


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOW, tick=False):
        yield


def ask(email, *, now=NOW, kind=Ask.Kind.SUBSCRIBE):
    return signup.ask(
        email, signup.Wanted(), signup.Visitor(network="n", wording="One letter a day."), kind=kind, now=now
    )


def a_digest(reader, **values):
    edition = Edition.objects.of_day(NOW.date())
    values = {"state": "sent", "sent_at": NOW, "not_before": NOW, **values}
    return Digest.objects.create(edition=edition, subscriber=reader, **values)


def bring(*addresses):
    data = "\n".join(["email", *addresses, ""]).encode()
    *_steps, run = begin(data, file_name="old.csv", consent="the old list", options={}, now=NOW).steps(now=NOW)
    return run.new


def everywhere():
    """Return every cell of every table, as one text."""
    rows = (model._default_manager.values_list() for model in apps.get_models())
    return "\n".join(str(row) for table in rows for row in table)


def test_of_somebody_deleted_no_table_holds_the_address_or_a_word_of_theirs(client):
    ask("Ada@example.org", kind=Ask.Kind.MANAGE)  # a link to preferences that did not exist yet
    signup.settle(now=NOW)
    reader = a_reader(keywords=["sparse attention"], authors=["Grace Hopper"])
    reason = {"kind": "keyword", "value": "sparse attention"}
    digest = a_digest(reader, picks=[{"paper": 1, "reason": reason}], provider_id="m-1", topics=3)
    another = a_digest(
        a_reader("bob@example.org"), picks=[{"paper": 1, "reason": {"kind": "new", "value": ""}}], topics=3
    )
    record([Report(kind=Event.Kind.MORE, at=NOW, key="m", digest_id=digest.pk)], now=NOW)
    yesterday = {"edition": Edition.objects.of_day(NOW.date() - dt.timedelta(days=1)), "not_before": NOW}
    refused = Digest.objects.create(
        **yesterday, subscriber=reader, state="failed", reason="refused: 550 no mailbox countess here"
    )
    client.post(link("manage_address", reader), {"email": "ada@elsewhere.example"})
    client.post(link("manage_delete", reader))
    left = everywhere().lower()
    for word in ("ada@", "sparse", "hopper", "m-1", "countess"):
        assert word not in left
    refused.refresh_from_db()
    assert (refused.state, refused.reason) == ("failed", "refused")
    digest.refresh_from_db()
    assert (digest.state, digest.sent_at, digest.picks, digest.topics) == ("sent", NOW, [], 0)
    another.refresh_from_db()
    assert ([pick["paper"] for pick in another.picks], another.topics) == ([1], 3)
    assert Suppression.objects.get().address_hash == hash_address("ada@example.org")


def test_no_old_file_brings_a_reader_under_the_address_that_they_moved_away_from():
    assert bring("ada@example.org") == 1
    reader = Subscriber.objects.get()
    reader.move_to("ada@new.example", now=NOW)
    assert bring("Ada@example.org") == 0
    preferences.forget(reader, now=NOW)
    assert bring("ada@example.org", "ada@new.example", "bob@example.org") == 1
    assert Subscriber.objects.get().email == "bob@example.org"


@pytest.mark.parametrize("end", ["never answered", "bounced", "left"])
def test_an_address_that_nobody_confirmed_goes_after_two_weeks_whatever_came_back(end):
    ask("ada@example.org")
    signup.settle(now=NOW)
    reader = Subscriber.objects.get()
    if end == "bounced":
        reader.mark_unreachable(now=NOW)
    elif end == "left":
        leaving.leave(reader, by="one_click", now=NOW)
    signup.forget(now=NOW + dt.timedelta(days=13))
    assert Subscriber.objects.exists()
    signup.forget(now=LATER)
    assert "ada@" not in everywhere()
    assert {record.subscriber for record in ConsentRecord.objects.all()} == {None}
    assert bring("ada@example.org") == (1 if end == "never answered" else 0)


def test_who_confirmed_and_left_stays_left():
    reader = a_reader()
    leaving.leave(reader, by="page", now=NOW)
    signup.forget(now=LATER)
    assert Subscriber.objects.get().state == "unsubscribed"


def test_an_address_that_a_reader_never_moved_to_goes_after_two_weeks(client):
    reader = a_reader()
    client.post(link("manage_address", reader), {"email": "stranger@example.org"})
    signup.forget(now=NOW + dt.timedelta(days=13))
    assert AddressChange.objects.count() == Notice.objects.count() == 1
    signup.forget(now=LATER)
    assert "stranger@" not in everywhere()


def test_an_address_that_bounced_once_or_left_an_old_list_can_be_moved_to_by_its_owner(client, post):
    reader = a_reader()
    Suppression.remember("ada@new.example", Suppression.Reason.UNREACHABLE, now=NOW)
    client.post(link("manage_address", reader), {"email": "ada@new.example"})
    [letter] = post.deliver(now=NOW)
    client.post(post.link(letter))
    assert Subscriber.objects.get().email == "ada@new.example"
    assert not Suppression.objects.exists()


def test_the_data_file_holds_what_is_known_of_the_address_from_before(client):
    reader, bob = a_reader(), a_reader("bob@example.org")
    for email, owner, wording in (
        ("ada@example.org", None, "as it was"),
        ("ada@example.org", reader, "as it is"),
        ("bob@example.org", None, "as Bob's was"),
        ("bob@example.org", bob, "as Bob's is"),
    ):
        about = {"address_hash": hash_address(email), "purpose": "subscription", "action": "given", "at": NOW}
        ConsentRecord.objects.create(subscriber=owner, form="page", wording=wording, **about)
    Suppression.remember("ada@example.org", Suppression.Reason.UNREACHABLE, now=NOW)
    Suppression.remember("bob@example.org", Suppression.Reason.LEFT, now=NOW)
    told = json.loads(client.get(link("manage_data", reader)).content)
    assert [each["wording"] for each in told["consents"]] == ["as it is", "as it was"]
    assert [each["reason"] for each in told["suppressions"]] == ["unreachable"]


def ledger():
    return list(ConsentRecord.objects.values_list("action", "form"))


def test_a_complaint_takes_the_consent_back_once():
    digest = a_digest(a_reader())
    for key in ("a", "b"):
        record([Report(kind=Event.Kind.COMPLAINED, at=NOW, key=key, digest_id=digest.pk)], now=NOW)
    assert ledger() == [("withdrawn", "complaint")]


def test_what_an_editor_stops_for_a_reader_stands_in_the_ledger(admin_client):
    reader = a_reader()
    chosen = {"action": "stop_all_mail", "_selected_action": [reader.pk], "confirmed": "1"}
    admin_client.post(reverse("admin:subscribers_subscriber_changelist"), chosen)
    reader.refresh_from_db()
    assert (reader.state, reader.left_reason) == ("unsubscribed", "the editor")
    assert ledger() == [("withdrawn", "editor")]
