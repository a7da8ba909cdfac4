"""Readers in and out as tables."""

import csv
import datetime as dt
import io
import zipfile

import pytest
import time_machine
from django.core.management import CommandError, call_command
from readers import CONSENT, NOW, a_reader, a_topic, counts

from subscribers.models import ConsentRecord, ImportRun, Subscriber, Suppression

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOW, tick=False):
        yield


def test_a_table_of_addresses_becomes_readers_who_get_digests_and_whose_consent_is_kept(bring):
    assert bring("email\nada@example.org\nbob@example.org\n") == counts(new=2)
    ada = Subscriber.objects.get(email="ada@example.org")
    assert (ada.state, ada.tracking, ada.next_digest_day) == ("active", "unknown", dt.date(2026, 5, 5))
    record = ada.consents.get()
    assert (record.purpose, record.action, record.form, record.wording) == ("subscription", "given", "import", CONSENT)


def test_nothing_is_imported_without_a_word_on_where_they_agreed(bring):
    with pytest.raises(CommandError, match="where and how"):
        bring("email\nada@example.org\n", consent="yes")
    assert not Subscriber.objects.exists()


def test_a_second_import_changes_nothing(bring):
    sheet = "email,topics\nada@example.org,Vision\nbob@example.org,\n"
    a_topic("vision")
    bring(sheet)
    before = list(Subscriber.objects.order_by("pk").values())
    assert bring(sheet) == counts(same=2)
    assert list(Subscriber.objects.order_by("pk").values()) == before
    assert ConsentRecord.objects.count() == 2


def test_whoever_left_complained_bounced_or_was_deleted_is_not_revived_however_the_address_is_written(bring):
    for name, stop in {"Left": "leave", "Bounced": "mark_unreachable", "Complained": "mark_complained"}.items():
        getattr(a_reader(f"{name}@example.org"), stop)(now=NOW)
    Suppression.remember("deleted@example.org", Suppression.Reason.DELETED, now=NOW)
    sheet = "email\nleft@example.org\nBOUNCED@example.org\ncomplained@EXAMPLE.org\nDeleted@Example.Org\n"
    assert bring(sheet) == counts(left=4)
    assert not Subscriber.objects.active().exists()


def test_who_waits_for_a_confirmation_or_reads_already_stays_as_they_are(bring):
    Subscriber.objects.create(email="waits@example.org")
    a_reader("reads@example.org", hour=22)
    assert bring("email,hour\nwaits@example.org,5\nREADS@example.org,5\n") == counts(same=2)
    assert set(Subscriber.objects.values_list("state", "hour")) == {("pending", 7), ("active", 22)}


def test_the_same_person_twice_in_a_file_is_one_reader(bring):
    assert bring("email\nAda@example.org\nada@EXAMPLE.org\nada@example.org\n") == counts(new=1, same=2)


def test_wishes_of_the_file_are_kept_and_nonsense_falls_back(bring):
    a_topic("vision"), a_topic("speech")
    bring(  # as a spreadsheet in Europe writes it
        "Email;Topics;Keywords;Hour;Time Zone;Language;Cadence;Days;Size\n"
        'ada@example.org;"vision:more|speech:never|unknown";"sparse attention|RAG";18:00;Asia/Tokyo;de-DE;days;2 4;5\n'
        "bob@example.org;;;25;Moon/Base;tlh;hourly;;900\n"
    )
    ada, bob = Subscriber.objects.order_by("email")
    assert dict(ada.topic_preferences.values_list("topic__slug", "weight")) == {"vision": 2, "speech": -2}
    assert ada.keywords == ["sparse attention", "RAG"]
    assert (ada.hour, ada.timezone, ada.language, ada.cadence, ada.days, ada.size) == (
        18,
        "Asia/Tokyo",
        "de",
        "days",
        [2, 4],
        5,
    )
    assert ada.next_digest_at == dt.datetime(2026, 5, 6, 9, tzinfo=dt.UTC)
    assert (bob.hour, bob.timezone, bob.language, bob.cadence, bob.size) == (7, "UTC", "en", "daily", 10)


def test_everybody_of_a_file_can_get_topics_an_hour_and_a_zone(bring):
    a_topic("vision")
    bring("email\nada@example.org\n", "--topics", "vision", "--timezone", "Europe/Berlin", "--hour", "6")
    ada = Subscriber.objects.get()
    assert (ada.timezone, ada.hour, ada.topics.get().slug) == ("Europe/Berlin", 6, "vision")


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"], ids=lambda encoding: encoding
)
def test_each_usual_encoding_is_found_out(bring, encoding):
    sheet = "E-Mail;Authors\r\nada@example.org;Jürgen Müller-Lüdenscheidt\r\n" + "x@example.org;\r\n" * 10
    bring(sheet.encode(encoding))
    assert Subscriber.objects.get(email="ada@example.org").authors == ["Jürgen Müller-Lüdenscheidt"]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_each_usual_separator_is_found_out(bring, separator):
    assert bring(f"name{separator}email\nAda{separator}ada@example.org\n") == counts(new=1)


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "not an address",
        "a@b, c@d.example",
        "ada@example.org\tBcc: eve@example.org",
        "x@localhost",
        "ü@example.org",
        "@example.org",
        "a" * 300 + "@example.org",
    ],
)
def test_a_bad_address_is_rejected_with_its_line_and_the_others_come(bring, bad):
    sheet = io.StringIO()
    csv.writer(sheet).writerows([["email", "name"], [bad, "Eve"], ["ada@example.org", "Ada"]])
    assert bring(sheet.getvalue()) == counts(new=1, rejected=1)
    [[where, reason]] = ImportRun.objects.get().rejections
    assert where == "line 2"
    assert "@" not in reason


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ("", "empty"),
        ("\n\n", "empty"),
        ("name,town\nAda,London\n", "looks like an address"),
        (b"PK\x03\x04broken", "archive"),
    ],
)
def test_a_file_that_is_no_table_of_people_says_what_to_do(bring, content, word):
    with pytest.raises(CommandError, match=word):
        bring(content)


def test_nul_bytes_and_cells_without_end_stop_nothing(bring):
    sheet = 'email,name\nada@exa\0mple.org,"Ada\nbob@example.org,Bob\n'
    assert bring(sheet)["new"] == 1
    assert bring(f'email,name\neve@example.org,Eve\n"{"x" * 200_000}",\n') == counts(new=1, rejected=1)


def test_a_column_can_be_named_by_hand_and_one_be_left_out(bring):
    sheet = "contact,status\nada@example.org,professor\n"
    with pytest.raises(CommandError, match="email=COLUMN"):
        bring(sheet)
    assert bring(sheet, "--mapping", "email=contact") == counts(rejected=1)
    assert bring(sheet, "--mapping", "email=contact", "standing=") == counts(new=1)
    with pytest.raises(CommandError, match="no column “mail”"):
        bring(sheet, "--mapping", "email=mail")
    with pytest.raises(CommandError, match="nothing we can keep"):
        bring(sheet, "--mapping", "salary=contact")


def test_a_listmonk_export(bring):
    a_topic("vision")
    sheet = (
        "uuid,email,name,attributes,status,created_at,updated_at\n"
        '1,ada@example.org,Ada,"{""topics"": [""vision""], ""timezone"": ""Asia/Tokyo""}",enabled,2024-01-02,\n'
        "2,bob@example.org,Bob,{},disabled,2024-01-02 03:04:05+00:00,\n"
        "3,eve@example.org,Eve,{},blocklisted,2024-01-02 03:04:05+00:00,\n"
    )
    assert bring(sheet) == counts(new=1, remembered=2)
    ada = Subscriber.objects.get()
    assert (ada.timezone, ada.topics.get().slug, ada.confirmed_at.year) == ("Asia/Tokyo", "vision", 2024)
    assert bring("email\nbob@example.org\neve@example.org\n") == counts(left=2)


def test_a_mailchimp_archive_with_its_three_files(bring):
    columns = "Email Address,First Name,OPTIN_TIME,CONFIRM_TIME,TIMEZONE,LEID,EUID,TAGS"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        line = 'ada@example.org,Ada,2024-01-02 03:04:05,2024-01-03 03:04:05,Europe/Berlin,1,2,"""Vision"",""vip"""\n'
        archive.writestr("export/subscribed_members_1.csv", f"{columns}\n{line}")
        archive.writestr(
            "export/unsubscribed_members_1.csv", f"{columns},UNSUB_TIME\nbob@example.org,,,,,3,4,,2024-05-06\n"
        )
        archive.writestr("export/cleaned_members_1.csv", f"{columns}\neve@example.org,,,,,5,6,\n")
    a_topic("vision")
    assert bring(packed.getvalue(), name="export.zip") == counts(new=1, remembered=2)
    ada = Subscriber.objects.get()
    assert (ada.timezone, ada.topics.get().slug, ada.confirmed_at.day) == ("Europe/Berlin", "vision", 3)
    assert set(Suppression.objects.values_list("reason", flat=True)) == {"left", "unreachable"}


def test_a_buttondown_export(bring):
    sheet = (
        "id,email_address,type,tags,metadata,notes,creation_date\n"
        "1,ada@example.org,regular,\"['vision', 'vip']\",{},,2024-01-02T03:04:05Z\n"
        "2,bob@example.org,unactivated,[],{},,2024-01-02T03:04:05Z\n"
        "3,eve@example.org,unsubscribed,[],{},,2024-01-02T03:04:05Z\n"
    )
    a_topic("vision")
    assert bring(sheet) == counts(new=1, rejected=1, remembered=1)
    assert Subscriber.objects.get().topics.get().slug == "vision"


def test_a_substack_export(bring):
    sheet = (
        "email,active_subscription,expiry,plan,email_disabled,created_at,first_payment_at\n"
        "ada@example.org,true,2027-01-01,yearly,false,2024-01-02T03:04:05.000Z,\n"
        "bob@example.org,false,,other,true,2024-01-02T03:04:05.000Z,\n"
    )
    assert bring(sheet) == counts(new=1, remembered=1)


def test_why_somebody_gets_no_mail_there_is_remembered_here(bring):
    standings = ["unsubscribed", "bounced", "complained", "blocked"]
    rows = "".join(f"{standing}@example.org,{standing}\n" for standing in standings)
    assert bring(f"email,status\n{rows}") == counts(remembered=4)
    assert list(Suppression.objects.order_by("pk").values_list("reason", flat=True)) == [
        "left",
        "unreachable",
        "complained",
        "editor",
    ]


def test_nobody_has_agreed_tomorrow_or_follows_a_topic_that_is_switched_off(bring):
    a_topic("closed", is_active=False)
    bring("email,confirmed_at,topics\nada@example.org,2031-01-01,closed\n")
    ada = Subscriber.objects.get()
    assert (ada.confirmed_at, ada.consents.get().at, ada.topics.count()) == (NOW, NOW, 0)


def test_what_goes_out_comes_back_and_no_cell_is_a_formula(bring, tmp_path):
    bad = ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "'quoted"]
    a_reader("+ada@example.org", keywords=bad, cadence="days", days=[2, 4], hour=18, timezone="Asia/Tokyo", size=5)
    path = tmp_path / "out.csv"
    call_command("export_subscribers", str(path))
    with path.open(newline="") as sheet:
        rows = list(csv.reader(sheet))
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]

    wishes = ["email", "keywords", "cadence", "days", "hour", "timezone", "size", "next_digest_at"]
    before = Subscriber.objects.values(*wishes).get()
    Subscriber.objects.all().delete()
    assert bring(path.read_bytes()) == counts(new=1)
    assert Subscriber.objects.values(*wishes).get() == before


def test_our_own_export_does_not_bring_back_who_left(bring, tmp_path):
    a_reader("left@example.org").leave(now=NOW)
    path = tmp_path / "out.csv"
    call_command("export_subscribers", str(path))
    Subscriber.objects.all().delete()
    assert bring(path.read_bytes()) == counts(remembered=1)
    with pytest.raises(CommandError, match="already"):
        call_command("export_subscribers", str(path))


@pytest.mark.parametrize("content", [b"\x89PNG\r\n", b"\xff\xd8\xff\xe0JFIF", b"%PDF-1.7\n", b"\xd0\xcf\x11\xe0xls"])
def test_a_picture_or_an_old_spreadsheet_is_not_read_as_a_table(bring, content):
    with pytest.raises(CommandError, match="Save the list as CSV"):
        bring(content + b"a@example.org,b\n")


def test_columns_that_are_not_read_are_named(bring, tmp_path, capsys):
    path = tmp_path / "people.csv"
    path.write_bytes("E-Mail;Name;Thema\nada@example.org;Jörg;Öl\n".encode("latin-1"))
    call_command("import_subscribers", str(path), "--dry-run")
    assert "email from “E-Mail”; not read: “Name”, “Thema”" in capsys.readouterr().err


def test_a_language_that_no_letter_is_written_in_is_refused(bring):
    with pytest.raises(CommandError, match="'fr'"):
        bring("email\nada@example.org\n", "--language", "fr")
    assert not Subscriber.objects.exists()


def test_an_exported_file_is_its_owners_alone(tmp_path):
    a_reader()
    call_command("export_subscribers", str(tmp_path / "readers.csv"))
    assert oct((tmp_path / "readers.csv").stat().st_mode & 0o777) == "0o600"


def test_no_word_in_a_cell_becomes_a_formula_where_semicolons_part_cells(bring, tmp_path):
    a_reader("ada@example.org", keywords=["rain", "=cmd|' /C calc'!A0", "+1"], authors=["@SUM(A1)", "'quoted"])
    path = tmp_path / "out.csv"
    call_command("export_subscribers", str(path))
    with path.open(newline="") as sheet:
        cells = [cell for row in csv.reader(sheet, delimiter=";") for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
    Subscriber.objects.all().delete()
    bring(path.read_bytes())
    reader = Subscriber.objects.get()
    assert reader.keywords == ["rain", "=cmd|' /C calc'!A0", "+1"]
    assert reader.authors == ["@SUM(A1)", "'quoted"]


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("size", "000000001" + "9" * 20),
        ("hour", "000000001" + "9" * 20),
        ("size", "000000001" + "9" * 5_000),
        ("confirmed_at", "0001-01-01T00:00:00+14:00"),
        ("confirmed_at", "9999-12-31T23:59:59-14:00"),
        ("attributes", "[" * 100_000),
        ("attributes", '{"keywords": ["\\ud800", "\\u0000"], "authors": ["\\ud800"]}'),
        ("attributes", '{"size": ' + "9" * 5_000 + "}"),
        ("days", "0123456"),
    ],
)
def test_a_hostile_cell_of_somebody_elses_list_stops_no_import(bring, column, cell):
    sheet = io.StringIO()
    csv.writer(sheet).writerows([["email", column], ["ada@example.org", cell], ["bob@example.org", ""]])
    assert bring(sheet.getvalue()) == counts(new=2)
    ada = Subscriber.objects.get(email="ada@example.org")
    assert (ada.size, ada.hour, ada.keywords, ada.authors, ada.days, ada.confirmed_at) == (10, 7, [], [], [], NOW)


def test_an_address_that_no_column_holds_is_rejected_alone(bring):
    long = "a" * 64 + "@" + ".".join(letter * 60 for letter in "bcde") + ".org"
    assert bring(f"email\n{long}\nbob@example.org\n") == counts(new=1, rejected=1)


def test_an_encoding_that_brings_halves_of_characters_brings_none(bring):
    bring("email,keywords\nada@example.org,a+2AA-b\n", "--encoding", "utf-7")
    assert Subscriber.objects.get().keywords == ["ab"]


def test_one_mailbox_in_two_spellings_of_its_domain_is_one_reader(bring):
    sheet = "email\nada@bücher.example\nada@xn--bcher-kva.example\nbob@ｇｍａｉｌ.com\nbob@gmail.com\n"
    assert bring(sheet) == counts(new=2, same=2)
