"""Editors who move here with the files that other systems give them: nobody who left there is written to."""

import datetime as dt
import io
import zipfile

import pytest
import time_machine
from readers import NOW, a_topic

from subscribers.models import Subscriber, Suppression
from subscribers.transfer import begin

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOW, tick=False):
        yield


def bring(content, name="people.csv"):
    """Bring the file; return the counts that are not 0."""
    data = content if isinstance(content, bytes) else content.encode()
    work = begin(data, file_name=name, consent="moved from another system", options={}, now=NOW)
    *_steps, run = work.steps(now=NOW)
    counts = {name: getattr(run, name) for name in ("new", "same", "left", "remembered", "rejected")}
    return work.layouts[0].system, {name: count for name, count in counts.items() if count}


def packed(**files):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as box:
        for name, content in files.items():
            box.writestr(name, content)
    return archive.getvalue()


GHOST = (
    "id,email,name,note,subscribed_to_emails,complimentary_plan,stripe_customer_id,created_at,deleted_at,labels,tiers\r\n"
    '62f0,ada@example.org,Ada,,true,false,,2024-01-02T03:04:05.000Z,,"Vision, VIP",\r\n'
    "62f1,bob@example.org,Bob,,false,false,,2024-01-02T03:04:05.000Z,,,\r\n"
    "62f2,eve@example.org,Eve,,true,true,cus_1,2024-01-02T03:04:05.000Z,2024-05-06T03:04:05.000Z,,Supporter\r\n"
    "62f3,joe@example.org,Joe,,,,,2024-01-02T03:04:05.000Z,,,\r\n"
)


def test_from_ghost_nobody_comes_who_gets_no_mail_there():
    """Its members stay members when they want no mail; only this column says so."""
    a_topic("vision")
    assert bring(GHOST) == ("Ghost", {"new": 1, "remembered": 3})
    ada = Subscriber.objects.get()
    assert (ada.email, ada.topics.get().slug, ada.confirmed_at.year) == ("ada@example.org", "vision", 2024)
    assert set(Suppression.objects.values_list("reason", flat=True)) == {"left"}


def test_from_substacks_archive_its_list_is_taken_and_not_who_was_ever_sent_a_post():
    """A person who left is no more in the list, and still among those to whom the old posts were delivered."""
    people = (
        "email,active_subscription,expiry,plan,email_disabled,created_at,first_payment_at\n"
        "ada@example.org,false,,other,false,2024-01-02T03:04:05.000Z,\n"
        "bob@example.org,false,,other,true,2024-01-02T03:04:05.000Z,\n"
    )
    sent = "post_id,timestamp,email,post_type\n1,2024-02-03T04:05:06.000Z,left@example.org,newsletter\n"
    archive = {
        "posts.csv": "post_id,post_date,is_published,title\n1.hello,2024-02-03,true,Hello\n",
        "posts/1.hello.html": "<p>Hello</p>",
        "posts/1.delivers.csv": sent,
        "posts/1.opens.csv": sent,
        "email_list.example.csv": people,
    }
    assert bring(packed(**archive), "export.zip") == ("Substack", {"new": 1, "remembered": 1})
    assert Subscriber.objects.get().email == "ada@example.org"


def test_an_archive_that_was_packed_again_on_a_mac_is_read():
    people = "Email Address,LEID,EUID\nada@example.org,1,2\n"
    archive = {
        "audience/subscribed_email_audience_export_1a.csv": people,
        "__MACOSX/audience/._subscribed_email_audience_export_1a.csv": b"\0\5\x16\7\0\2Mac OS X".ljust(200, b"\0"),
    }
    assert bring(packed(**archive), "audience.zip") == ("Mailchimp", {"new": 1})


@pytest.mark.parametrize(
    ("written", "zone"),
    [
        ("2024-01-02 03:04:05.678901 +0000 UTC", 0),
        ("2024-01-02 08:34:05.678901 +0530 IST", 0),
        ("2024-01-02 03:04:05 +0000 +0000", 0),
        ("2024-01-02 05:04:05.6789 +0200 CEST", 0),
    ],
)
def test_the_day_of_a_consent_comes_with_listmonks_export(written, zone):
    """Its export writes times as Go prints them, and no ISO; the ledger said that all agreed today."""
    bring(
        "uuid,email,name,attributes,status,created_at,updated_at\n"
        f'1,ada@example.org,Ada,"{{""city"": ""Ulm""}}",enabled,{written},{written}\n'
    )
    record = Subscriber.objects.get().consents.get()
    assert record.at.replace(microsecond=0) == dt.datetime(2024, 1, 2, 3, 4, 5, tzinfo=dt.UTC)


def test_mailchimps_columns_as_they_are():
    columns = (
        '"Email Address","First Name","Last Name",Address,"Phone Number",MEMBER_RATING,OPTIN_TIME,OPTIN_IP,'
        "CONFIRM_TIME,CONFIRM_IP,LATITUDE,LONGITUDE,GMTOFF,DSTOFF,TIMEZONE,CC,REGION,LAST_CHANGED,LEID,EUID,NOTES,TAGS\n"
    )
    row = (
        'ada@example.org,Ada,"Müller, Dr.","1 Main St  Ulm  DE","",4,"",,"2014-11-11 15:46:02",80.91.180.166,,,,,'
        'Europe/Berlin,DE,08,"2014-11-11 15:46:02",213152069,ff337f0cf3,,"""Vision"",""vip"""\n'
    )
    a_topic("vision")
    assert bring(columns + row, "subscribed_email_audience_export_1a10653875.csv") == ("Mailchimp", {"new": 1})
    ada = Subscriber.objects.get()
    assert (ada.timezone, ada.confirmed_at.year, ada.topics.get().slug) == ("Europe/Berlin", 2014, "vision")
    left = columns.replace("MEMBER_RATING", "UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,UNSUB_REASON,MEMBER_RATING")
    who = 'bob@example.org,,,,"","2014-11-12 15:46:02",News,"N/A (Unsubscribed by an admin)",4' + "," * 16 + "\n"
    assert bring(left + who, "people (3).csv") == ("Mailchimp", {"remembered": 1})
