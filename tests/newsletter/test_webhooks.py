"""What mail providers report: kept once, in any order and number, and only when it is really theirs."""

import base64
import datetime as dt
import hashlib
import hmac
import itertools
import json

import pytest
import time_machine
from django.core.checks import run_checks
from django.utils import timezone

from mail.returning import account_key, return_address
from newsletter import stats
from newsletter.models import Digest, Event, Pulse
from subscribers.models import Subscriber, Suppression
from subscribers.preferences import forget
from tests.newsletter.sent import NOW, make_digest, make_paper, make_reader

pytestmark = pytest.mark.django_db
KEY = "key-of-mailgun"
BASIC = {"Authorization": "Basic " + base64.b64encode(b"hook:secret").decode()}


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def digest():
    return make_digest(make_reader(), make_paper())


@pytest.fixture
def postmark(settings):
    settings.EMAIL_BACKEND = "anymail.backends.postmark.EmailBackend"
    settings.ANYMAIL = {"WEBHOOK_SECRET": ["hook:secret", "hook:new-secret"], "POSTMARK_SERVER_TOKEN": "x"}


@pytest.fixture
def sendgrid(settings):
    settings.EMAIL_BACKEND = "anymail.backends.sendgrid.EmailBackend"
    settings.ANYMAIL = {"WEBHOOK_SECRET": "hook:secret"}


@pytest.fixture
def mailgun(settings):
    settings.EMAIL_BACKEND = "anymail.backends.mailgun.EmailBackend"
    settings.ANYMAIL = {"MAILGUN_API_KEY": KEY, "MAILGUN_WEBHOOK_SIGNING_KEY": KEY}


def letter(digest):
    return return_address(f"d{digest.pk}")


def of_postmark(digest, kind="Delivery", **values):
    times = {"Delivery": "DeliveredAt", "Bounce": "BouncedAt", "SpamComplaint": "BouncedAt", "Open": "ReceivedAt"}
    return {
        "RecordType": kind,
        "MessageID": "m-1",
        "Recipient": "reader1@there.example",
        "Email": "reader1@there.example",
        "Metadata": {"letter": letter(digest)},
        times.get(kind, "ReceivedAt"): "2026-03-02T07:30:00Z",
        **values,
    }


def hard(digest):
    words = "smtp;550 5.1.1 reader1@there.example unknown"
    return of_postmark(digest, "Bounce", ID=42, Type="HardBounce", TypeCode=1, Description="Unknown", Details=words)


def post(client, payload, provider="postmark", headers=BASIC):
    body = payload if isinstance(payload, bytes | str) else json.dumps(payload)
    return client.post(f"/anymail/{provider}/tracking/", body, content_type="application/json", headers=headers)


def test_a_delivery_is_kept(client, digest, postmark):
    assert post(client, of_postmark(digest)).status_code == 200
    digest.refresh_from_db()
    assert digest.delivered_at == dt.datetime(2026, 3, 2, 7, 30, tzinfo=dt.UTC)
    assert Event.objects.get().kind == "delivered"


def test_a_hard_bounce_stops_the_letters_and_shows_no_address(client, digest, postmark):
    post(client, hard(digest))
    assert Subscriber.objects.get().state == "unreachable"
    event = Event.objects.get()
    assert (event.kind, event.verdict) == ("bounced", "hard")
    assert "@" not in event.detail


@pytest.mark.parametrize("named", ["<Reader1@There.example>", "<reader1@there.example>", "<ada@home.example>"])
def test_a_bounce_after_its_reader_was_deleted_brings_no_address_back_however_it_is_spelt(
    client, digest, postmark, named
):
    forget(digest.subscriber, now=NOW)
    post(client, {**hard(digest), "Details": f"smtp;550 5.1.1 {named} unknown"})
    assert Event.objects.get().detail == "smtp;550 5.1.1 the reader unknown Unknown"


def test_a_block_is_our_fault_and_never_the_readers(client, digest, postmark):
    post(client, {**hard(digest), "Type": "Blocked", "Details": "smtp;550 5.7.1 blocked, see our list"})
    assert Subscriber.objects.get().state == "active"
    assert Event.objects.get().verdict == "policy"


def test_a_complaint_is_for_ever(client, digest, postmark):
    post(client, of_postmark(digest, "SpamComplaint", ID=43, Type="SpamComplaint"))
    assert Subscriber.objects.get().state == "complained"
    assert Suppression.objects.get().reason == "complained"


def test_forty_six_copies_of_a_report_are_one(client, digest, postmark):
    for _ in range(46):
        assert post(client, hard(digest)).status_code == 200
    assert Event.objects.count() == 1


def test_every_order_of_arrival_ends_the_same(client, digest, postmark):
    complaint = of_postmark(digest, "SpamComplaint", ID=43, Type="SpamComplaint", BouncedAt="2026-03-02T07:50:00Z")
    ends = set()
    for order in itertools.permutations([of_postmark(digest), hard(digest), complaint]):
        Event.objects.all().delete()
        Suppression.objects.all().delete()
        Digest.objects.update(delivered_at=None, bounced_at=None, complained_at=None)
        Subscriber.objects.update(state="active", left_at=None)
        for payload in order:
            post(client, payload)
        digest.refresh_from_db()
        ends.add((Subscriber.objects.get().state, digest.delivered_at, digest.bounced_at, digest.complained_at))
    assert len(ends) == 1
    assert ends.pop()[0] == "complained"


def test_reports_replayed_a_week_later_change_nothing(client, digest, postmark):
    post(client, of_postmark(digest))
    before = Digest.objects.values().get()
    with time_machine.travel(NOW + dt.timedelta(days=7), tick=False):
        post(client, of_postmark(digest))
    assert Digest.objects.values().get() == before
    assert Event.objects.count() == 1


def test_ten_thousand_events_in_one_request_are_kept(client, digest, sendgrid, django_assert_max_num_queries):
    one = {"email": "reader1@there.example", "event": "delivered", "timestamp": int(NOW.timestamp()) - 60}
    events = [{**one, "sg_event_id": f"e{n}", "sg_message_id": "m", "letter": letter(digest)} for n in range(10_000)]
    with django_assert_max_num_queries(120):
        assert post(client, events, "sendgrid").status_code == 200
    assert Event.objects.count() == 10_000


def test_a_provider_without_metadata_is_understood_by_its_own_id(client, digest, postmark):
    Digest.objects.update(provider_id="m-1")
    post(client, {**of_postmark(digest), "Metadata": {}})
    assert Event.objects.get().digest == digest


def test_the_bounce_of_a_confirmation_finds_its_reader_by_the_address(client, postmark):
    reader = make_reader(state="pending")
    payload = hard(make_digest(reader, make_paper()))
    payload["Metadata"] = {"letter": return_address(account_key(reader.email))}
    post(client, payload)
    assert Subscriber.objects.get().state == "unreachable"


@pytest.mark.parametrize("metadata", [{}, {"letter": "d1"}, {"letter": "bounces+d1.0123456789abcdef@x"}, None, "x", []])
def test_a_report_about_a_letter_that_we_did_not_sign_touches_nobody(client, digest, postmark, metadata):
    assert post(client, {**hard(digest), "Metadata": metadata}).status_code in (200, 400)
    assert Subscriber.objects.get().state == "active"
    assert not Event.objects.exists()


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Basic " + base64.b64encode(b"hook:wrong").decode()},
        {"Authorization": "Basic " + base64.b64encode(b"hook:").decode()},
        {"Authorization": "Basic ="},
        {"Authorization": "Bearer secret"},
    ],
    ids=["none", "wrong", "empty", "broken", "bearer"],
)
def test_a_stranger_is_refused_and_changes_nothing(client, digest, postmark, headers):
    response = post(client, hard(digest), headers=headers)
    assert 400 <= response.status_code < 500
    assert Subscriber.objects.get().state == "active"
    assert not Event.objects.exists()
    assert b"secret" not in response.content


def said():
    return " | ".join(notice.text for notice in stats.warnings(now=timezone.now()))


def test_a_provider_with_another_secret_than_ours_is_told_to_the_editor_until_it_has_the_right_one(
    client, digest, postmark
):
    post(client, hard(digest), headers={"Authorization": "Basic eDp5"})
    assert "refused on 02 March, 08:00 UTC (postmark: its secret or signature is not the one that we know)" in said()
    assert "the last good one came on —" in said()
    post(client, hard(digest))
    assert "was refused" not in said()


def test_a_stranger_who_posts_all_the_time_writes_one_row_in_ten_minutes_and_alarms_nobody(
    client, digest, postmark, django_assert_num_queries
):
    post(client, of_postmark(digest))
    post(client, hard(digest), headers={})
    for _ in range(3):
        with django_assert_num_queries(1):
            post(client, hard(digest), headers={})
    assert "was refused" not in said()
    with time_machine.travel(NOW + dt.timedelta(hours=2), tick=False):
        post(client, hard(digest), headers={})
        assert "the last good one came on 02 March, 08:00 UTC" in said()
    assert Pulse.objects.count() == 2


def test_both_secrets_hold_while_one_is_being_changed(client, digest, postmark):
    new = {"Authorization": "Basic " + base64.b64encode(b"hook:new-secret").decode()}
    assert post(client, of_postmark(digest), headers=new).status_code == 200


def test_without_a_secret_nothing_is_taken_and_the_start_is_refused(client, digest, settings, postmark):
    settings.ANYMAIL = {"POSTMARK_SERVER_TOKEN": "x"}
    assert post(client, hard(digest)).status_code == 503
    assert "postmark: there is no secret for it in ANYMAIL" in said()
    assert Subscriber.objects.get().state == "active"
    assert [message.id for message in run_checks(tags=["security"]) if message.id.startswith("newsletter")] == [
        "newsletter.E001"
    ]
    settings.EMAIL_BACKEND = "anymail.backends.scaleway.EmailBackend"  # it reports nothing, so nobody can forge it
    assert not [message for message in run_checks(tags=["security"]) if message.id == "newsletter.E001"]


def test_a_provider_that_we_do_not_use_is_not_found(client, digest, postmark):
    assert post(client, hard(digest), "brevo").status_code == 404
    assert post(client, hard(digest), "nobody").status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        "",
        "null",
        "[]",
        "7",
        '{"a": 1}',
        "{",
        "\x00",
        '{"RecordType": "Bounce"}',
        "[" * 50_000,
        '{"a":' * 20_000,
        json.dumps([{"event": "delivered", "email": "reader1@there.example"}]),
    ],
    ids=["empty", "null", "list", "number", "other", "torn", "nul", "bare", "deep list", "deep map", "sendgrid's"],
)
def test_another_shape_is_refused_or_says_nothing(client, digest, postmark, body):
    assert post(client, body).status_code in (200, 400)
    assert not Event.objects.exists()
    assert Subscriber.objects.get().state == "active"


def test_a_huge_request_is_refused_unread(client, digest, postmark):
    response = client.generic(
        "POST", "/anymail/postmark/tracking/", b"{}", "application/json", CONTENT_LENGTH=str(50 * 2**20), headers=BASIC
    )
    assert response.status_code == 413


def test_looking_at_a_webhook_changes_nothing(client, postmark):
    assert client.get("/anymail/postmark/tracking/").status_code == 405
    assert client.head("/anymail/postmark/tracking/").status_code == 200
    assert not Pulse.objects.exists()


def of_mailgun(digest, at, key=KEY):
    token = "t" * 50
    signature = hmac.new(key.encode(), f"{at}{token}".encode(), hashlib.sha256).hexdigest()
    return {
        "signature": {"timestamp": str(at), "token": token, "signature": signature},
        "event-data": {
            "event": "failed",
            "severity": "permanent",
            "id": "e-1",
            "timestamp": at,
            "recipient": "reader1@there.example",
            "message": {"headers": {"message-id": "m-1"}},
            "user-variables": {"letter": letter(digest)},
            "delivery-status": {"code": 550, "message": "5.1.1 user unknown", "description": ""},
        },
    }


def test_a_signed_report_is_kept(client, digest, mailgun):
    assert post(client, of_mailgun(digest, int(NOW.timestamp())), "mailgun", {}).status_code == 200
    assert Event.objects.get().verdict == "hard"


def test_a_wrong_signature_is_refused(client, digest, mailgun):
    assert post(client, of_mailgun(digest, int(NOW.timestamp()), key="x"), "mailgun", {}).status_code == 400
    assert not Event.objects.exists()


@pytest.mark.parametrize("seconds", [-301, 301, -86400 * 7])
def test_a_signed_report_from_another_time_is_refused(client, digest, mailgun, seconds):
    assert post(client, of_mailgun(digest, int(NOW.timestamp()) + seconds), "mailgun", {}).status_code == 400
    assert not Event.objects.exists()
    assert "mailgun: it is signed for another time than our clock shows" in said()


def test_opens_and_clicks_of_a_provider_need_the_readers_consent(client, postmark):
    denied = make_digest(make_reader(8, tracking="denied"), make_paper(8))
    post(client, of_postmark(denied, "Open", UserAgent="Firefox"))
    assert not Event.objects.exists()
    granted = make_digest(make_reader(9), make_paper(9))
    post(client, of_postmark(granted, "Open", UserAgent="curl/8"))
    assert Event.objects.get().is_machine


def test_hostile_words_of_a_report_stay_words(client, digest, postmark):
    post(client, {**hard(digest), "Details": "5.2.2 <script>alert(1)</script>\r\nX: y\x1b[31m"})
    assert "\n" not in Event.objects.get().detail


@pytest.mark.parametrize("sign", ["\0", "\ud800", "\x1b", "\u202e"])
def test_a_sign_that_no_database_takes_keeps_no_report_out(client, digest, postmark, sign):
    event = {**hard(digest), "Details": f"no{sign}such user", "Description": "", "MessageID": f"m{sign}"}
    assert post(client, event).status_code == 200
    assert Event.objects.get().detail.startswith("no such user")
    assert post(client, {**event, "Metadata": {}}).status_code == 200


@pytest.mark.parametrize(
    ("provider", "secrets", "status"),
    [
        ("sendgrid", {"SENDGRID_TRACKING_WEBHOOK_VERIFICATION_KEY": "x"}, 503),
        ("mailtrap", {"MAILTRAP_TRACKING_SECRET": "x"}, 503),
        ("resend", {"RESEND_SIGNING_SECRET": "x"}, 503),
        ("mailersend", {"MAILERSEND_SIGNING_SECRET": "x"}, 503),
        ("sendgrid", {"WEBHOOK_SECRET": "hook:secret"}, 400),
    ],
)
def test_mail_that_a_provider_passes_on_needs_a_secret_of_its_own(client, db, settings, provider, secrets, status):
    """The key of the reports proves nothing of it: anybody could have posted it."""
    settings.EMAIL_BACKEND = f"anymail.backends.{provider}.EmailBackend"
    settings.ANYMAIL = secrets
    answer = client.post(f"/anymail/{provider}/inbound/", {"email": "Subject: hello\n\nhello", "envelope": "{}"})
    assert answer.status_code == status
