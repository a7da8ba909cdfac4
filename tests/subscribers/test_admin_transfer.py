"""Readers in and out through the editor's pages."""

import csv
import datetime as dt
import io
import zipfile

import pytest
from bs4 import BeautifulSoup
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from readers import NOW, a_reader

from subscribers import signup
from subscribers.models import ImportRun, Subscriber

pytestmark = pytest.mark.django_db
ADD = reverse("admin:subscribers_importrun_add")
EXPORT = reverse("admin:subscribers_subscriber_export_readers")
SHEET = "email,status\nada@example.org,active\nleft@example.org,active\nbob@example.org,unsubscribed\nnobody,active\n"


def upload(client, sheet=SHEET, **values):
    sent = {"consent": "signed up on paper, 2026", "timezone": "Europe/Berlin", "hour": "6", "encoding": ""} | values
    content = sheet.encode() if isinstance(sheet, str) else sheet
    return client.post(ADD, {**sent, "upload": SimpleUploadedFile("people.csv", content)}, follow=True)


def packed(sheet, good=b"", bad=b"", *, how=zipfile.ZIP_DEFLATED):
    """Return an archive with this list, in which something good has gone bad."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", how) as box:
        box.writestr("é-people.csv", sheet)
    whole = archive.getvalue()
    assert good in whole
    return whole.replace(good, bad) if good else whole


def run_page():
    return reverse("admin:subscribers_importrun_run", args=[ImportRun.objects.get().pk])


def test_the_first_button_says_that_it_only_looks(admin_client):
    page = BeautifulSoup(admin_client.get(ADD).content, "html.parser")
    assert [button.text.strip() for button in page.find_all("button", {"name": True})] == ["Look at the file"]


def test_a_file_is_looked_at_first_and_brings_nobody(admin_client):
    page = upload(admin_client).content.decode()
    assert "ada@example.org" in page
    assert "line 5" in page
    assert "Bring these readers" in page
    assert not Subscriber.objects.exists()


def test_a_press_brings_the_readers_and_the_record_stays_without_the_file(admin_client, admin_user):
    a_reader("left@example.org").leave(now=NOW)
    upload(admin_client)
    page = admin_client.post(run_page(), {"go": "1"}, follow=True).content.decode()
    assert "1 new readers, 0 known already, 1 left alone as they wished, 1 remembered as gone, 1 rejected." in page
    ada = Subscriber.objects.get(email="ada@example.org")
    assert (ada.timezone, ada.hour, ada.consents.get().wording) == ("Europe/Berlin", 6, "signed up on paper, 2026")
    run = ImportRun.objects.get()
    assert (run.by, run.file) == (admin_user, b"")
    assert run.finished_at
    assert LogEntry.objects.filter(object_id=run.pk, change_message__contains="1 new").exists()

    admin_client.post(run_page(), {"go": "1"})
    assert ImportRun.objects.get().new == 1


def test_columns_can_be_named_on_the_page(admin_client):
    page = upload(admin_client, "contact,role\nada@example.org,professor\n").content.decode()
    assert "looks like an address" in page
    page = admin_client.post(run_page(), {"column-email": "contact"}, follow=True).content.decode()
    assert "ada@example.org" in page
    admin_client.post(run_page(), {"go": "1"})
    assert Subscriber.objects.get().email == "ada@example.org"


def test_a_large_file_goes_on_press_by_press(admin_client, monkeypatch):
    monkeypatch.setattr("subscribers.admin.transfer._SECONDS_A_STEP", 0)
    monkeypatch.setattr("subscribers.transfer.arriving._BATCH", 10)
    upload(admin_client, "email\n" + "".join(f"reader-{number}@example.org\n" for number in range(25)))
    page = admin_client.post(run_page(), {"go": "1"}, follow=True).content.decode()
    assert "10 of 25 rows" in page
    for _press in range(3):
        admin_client.post(run_page(), {"go": "1"})
    assert Subscriber.objects.count() == 25
    assert ImportRun.objects.get().finished_at


@pytest.mark.parametrize(
    ("sheet", "values", "word"),
    [
        ("", {}, "empty"),
        (SHEET, {"consent": "yes"}, "at least 10"),
        (SHEET, {"timezone": "Moon/Base"}, "no time zone"),
        (SHEET, {"encoding": "klingon"}, "no encoding"),
        (SHEET, {"encoding": "undefined"}, "not written in undefined"),
        ("sep=;", {}, "empty"),
        ("email," + "x" * 1_000_001, {}, "names no columns"),
        (packed("email\n" * 200, "é".encode(), b"\xff\xff"), {}, "cannot be opened"),
        (packed("email\n" * 200, b"\5\0\x5d", b"\5\0\xff", how=zipfile.ZIP_LZMA), {}, "cannot be opened"),
        (packed("email\n" * 200, b"BZh9", b"BZh0", how=zipfile.ZIP_BZIP2), {}, "cannot be opened"),
        (packed("email\n" + "a" * 100_000_000), {}, "too large unpacked"),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_what_cannot_be_brought_says_why(admin_client, sheet, values, word):
    assert word in upload(admin_client, sheet, **values).content.decode()
    assert not ImportRun.objects.exists()


def test_readers_go_out_as_a_table_and_it_is_written_down_who_took_them(admin_client, admin_user):
    a_reader("=ada@example.org")
    a_reader("left@example.org").leave(now=NOW)
    assert "(1)" in admin_client.get(EXPORT).content.decode()
    assert not LogEntry.objects.exists()
    table = b"".join(admin_client.post(EXPORT, {"state": ["active"]}).streaming_content).decode()
    rows = list(csv.DictReader(io.StringIO(table)))
    assert [row["email"] for row in rows] == ["'=ada@example.org"]
    assert LogEntry.objects.get(user=admin_user).object_repr == "1 readers"
    assert "1 readers" in admin_client.get(reverse("admin:admin_logentry_changelist")).text


def test_who_may_only_look_takes_nobody_in_or_out(client, django_user_model):
    guest = django_user_model.objects.create_user("guest", is_staff=True)
    guest.user_permissions.add(*Permission.objects.filter(codename__in=["view_subscriber", "view_importrun"]))
    client.force_login(guest)
    assert client.get(reverse("admin:subscribers_subscriber_changelist")).status_code == 200
    assert client.get(ADD).status_code == 403
    assert client.post(EXPORT, {"state": ["active"]}).status_code == 403
    run = ImportRun.objects.create(file_name="people.csv", consent="x" * 10, started_at=NOW)
    assert client.post(reverse("admin:subscribers_importrun_run", args=[run.pk]), {"go": "1"}).status_code == 403


def test_a_file_that_nobody_brought_is_forgotten_after_two_weeks(admin_client):
    upload(admin_client)
    signup.forget(now=timezone.now() + dt.timedelta(days=13))
    assert ImportRun.objects.get().file
    signup.forget(now=timezone.now() + dt.timedelta(days=15))
    assert not ImportRun.objects.exists()


def test_of_an_import_that_was_never_finished_the_record_stays_without_the_file(admin_client):
    upload(admin_client)
    ImportRun.objects.update(rows=4, rows_done=2)
    signup.forget(now=timezone.now() + dt.timedelta(days=15))
    assert ImportRun.objects.get().file == b""
    page = admin_client.post(run_page(), {"go": "1"}, follow=True).content.decode()
    assert "is empty" in page
