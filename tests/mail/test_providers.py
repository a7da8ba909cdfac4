"""Thirteen of Anymail's providers, against a stub on loopback: what they get, and what each answer means."""

import dataclasses
import json
import socket
import urllib.parse

import pytest
from django.test import override_settings

from mail.letter import Letter
from mail.returning import return_address
from mail.transport.esp import BackendTransport
from mail.transport.outcome import NoJournal
from mail.transport.providers import PROVIDERS, provider_name
from tests.mail.test_smtp_stages import Diary
from tests.stub import GARBAGE, HALF, HANG, RESET, RESET_UNREAD, Stub

TO = "ann@there.example"
ACCEPTED = {
    "brevo": (201, {}, {"messageId": "<m-1>"}),
    "mailersend": (202, {"X-Message-Id": "m-1", "Content-Type": "text/html"}, b""),
    "mailgun": (200, {}, {"id": "<m-1>", "message": "Queued. Thank you."}),
    "mailjet": (
        200,
        {},
        {"Messages": [{"Status": "success", "To": [{"Email": TO, "MessageID": 1}], "Cc": [], "Bcc": []}]},
    ),
    "mailtrap": (200, {}, {"success": True, "message_ids": ["m-1"]}),
    "mandrill": (200, {}, [{"email": TO, "status": "sent", "_id": "m-1", "reject_reason": None}]),
    "postal": (
        200,
        {},
        {"status": "success", "data": {"message_id": "m-1", "messages": {TO: {"id": 1, "token": "t"}}}},
    ),
    "postmark": (200, {}, {"To": TO, "MessageID": "m-1", "ErrorCode": 0, "Message": "OK"}),
    "resend": (200, {}, {"id": "m-1"}),
    "scaleway": (200, {}, {"emails": [{"id": "m-1", "message_id": "m-1", "mail_rcpt": TO, "status": "new"}]}),
    "sendgrid": (202, {"X-Message-Id": "m-1"}, b""),
    "sparkpost": (
        200,
        {},
        {"results": {"total_rejected_recipients": 0, "total_accepted_recipients": 1, "id": "m-1"}},
    ),
    "unisender_go": (200, {}, {"status": "success", "job_id": "m-1", "emails": [TO]}),
}
# The provider's own way to say that this reader cannot be reached, where it has one.
REJECTED = {
    "mailjet": (200, {}, {"Messages": [{"Status": "error", "Errors": [{"ErrorCode": "mj-0013"}]}]}),
    "mandrill": (200, {}, [{"email": TO, "status": "rejected", "_id": "m-1", "reject_reason": "hard-bounce"}]),
    "postmark": (
        422,
        {},
        {
            "ErrorCode": 406,
            "Message": f"They are inactive.\nFound inactive addresses: {TO}. Inactive recipients have bounced.",
        },
    ),
    "sparkpost": (
        200,
        {},
        {"results": {"total_rejected_recipients": 1, "total_accepted_recipients": 0, "id": "m-1"}},
    ),
    "unisender_go": (200, {}, {"status": "success", "job_id": "m-1", "emails": [], "failed_emails": {TO: "invalid"}}),
}
# What turns off its own look at who opens and clicks.
UNWATCHED = {
    "mailersend": ('"track_clicks": false', '"track_opens": false'),
    "mailgun": ("o:tracking-clicks=no", "o:tracking-opens=no"),
    "mailjet": ('"TrackClicks": "disabled"', '"TrackOpens": "disabled"'),
    "mandrill": ('"track_clicks": false', '"track_opens": false'),
    "postmark": ('"TrackLinks": "None"', '"TrackOpens": false'),
    "sendgrid": ('"click_tracking": {"enable": false}', '"open_tracking": {"enable": false}'),
    "sparkpost": ('"click_tracking": false', '"open_tracking": false'),
    "unisender_go": ('"track_links": 0', '"track_read": 0'),
}
SETTINGS = {
    "mailgun": {"sender_domain": "round.example"},
    "mailjet": {"secret_key": "x"},
    "scaleway": {"secret_key": "x", "project_id": "x"},
    "mailtrap": {"api_token": "x"},
    "mailersend": {"api_token": "x"},
    "postmark": {"server_token": "x"},
}
pytestmark = pytest.mark.filterwarnings("ignore::Warning")


@pytest.fixture(params=sorted(ACCEPTED))
def name(request):
    return request.param


@pytest.fixture
def letter():
    return Letter(
        key="17",
        sender=return_address("d17"),
        to=TO,
        headers={
            "From": "Paper Round <digest@round.example>",
            "To": TO,
            "Subject": "Ten papers",
            "Message-ID": "<20260302.17@round.example>",
            "List-Unsubscribe": "<https://round.example/u/token/>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
        text="Ten papers.",
        html="<p>Ten papers.</p>",
    )


def hand_over(name, reply, *letters, journal=None):
    with Stub(reply) as stub:
        # Waiting is short only where it is in vain: a crowded machine may take its time to answer.
        return stub, hand_over_to(
            name, stub.url, letters, patience=0.4 if reply in (HANG, HALF) else 10, journal=journal
        )


def hand_over_to(name, url, letters, *, patience=10, journal=None):
    values = {"api_key": "x", "api_url": url, **SETTINGS.get(name, {})}
    with override_settings(
        ANYMAIL={"REQUESTS_TIMEOUT": patience} | {f"{name}_{k}".upper(): v for k, v in values.items()}
    ):
        transport = BackendTransport(f"anymail.backends.{name}.EmailBackend")
        return list(transport.deliver(letters, journal or NoJournal()))


def everything(stub):
    path, headers, body = stub.requests[0]
    return urllib.parse.unquote(body.decode("utf-8", "replace")).replace('\\"', '"') + json.dumps(headers) + path


def test_all_of_anymails_providers_are_in_the_table():
    assert set(PROVIDERS) == set(ACCEPTED) | {"amazon_ses"}
    assert {name for name, one in PROVIDERS.items() if one.has_tracking_switch} == set(UNWATCHED)


def test_another_maker_of_backends_is_no_provider_of_anymails():
    assert provider_name("anymail.backends.postmark.EmailBackend") == "postmark"
    assert provider_name("postmark.django_backend.EmailBackend") == ""


def test_an_accepted_letter_has_one_reader_its_own_headers_and_the_providers_id(name, letter):
    stub, (outcome,) = hand_over(name, ACCEPTED[name], letter)
    assert (outcome.key, outcome.kind, outcome.is_transport) == ("17", "accepted", False), outcome
    assert outcome.provider_id or name == "scaleway"
    assert len(stub.requests) == 1
    said = everything(stub)
    assert TO in said
    assert "https://round.example/u/token/" in said
    if PROVIDERS[name].has_metadata:
        assert return_address("d17").partition("@")[0] in said
    assert all(word in said for word in UNWATCHED.get(name, ()))


def test_letters_go_one_by_one_so_that_one_refusal_stops_nobody_else(name, letter):
    others = [Letter(str(n), letter.sender, TO, letter.headers, "text", "<p>x</p>") for n in (18, 19)]
    refusal = (400, {}, {"message": f"no {TO}"})
    stub, outcomes = hand_over(name, [ACCEPTED[name], refusal, ACCEPTED[name]], letter, *others)
    assert [outcome.kind for outcome in outcomes] == ["accepted", "refused", "accepted"]
    assert TO not in outcomes[1].text
    assert len(stub.requests) == 3


@pytest.mark.parametrize("name", sorted(REJECTED))
def test_a_reader_whom_the_provider_rejects_is_refused(name, letter):
    _stub, (outcome,) = hand_over(name, REJECTED[name], letter)
    assert (outcome.kind, outcome.is_transport) == ("refused", False), outcome
    assert TO not in outcome.text


def test_too_fast_is_the_transports_matter_and_says_how_long(name, letter):
    _stub, (outcome,) = hand_over(name, (429, {"Retry-After": "30"}, {"message": "slow down"}), letter)
    assert (outcome.kind, outcome.is_transport, outcome.code, outcome.retry_after) == ("deferred", True, 429, 30)


def test_nobody_silences_us_for_more_than_an_hour(letter):
    _stub, (outcome,) = hand_over("postmark", (429, {"Retry-After": "86400"}, {}), letter)
    assert outcome.retry_after == 3600


@pytest.mark.parametrize("code", [401, 403])
def test_no_access_burns_no_letter(name, letter, code):
    _stub, (outcome,) = hand_over(name, (code, {}, {"message": "who are you?"}), letter)
    assert (outcome.kind, outcome.is_transport) == ("deferred", True)


@pytest.mark.parametrize(
    "reply", [(408, {}, {}), (409, {}, {}), (500, {}, {}), (503, {}, b"x"), HANG, RESET, HALF, GARBAGE], ids=str
)
def test_what_was_read_and_not_clearly_answered_is_in_doubt(name, letter, reply):
    _stub, (outcome,) = hand_over(name, reply, letter)
    assert (outcome.kind, outcome.is_transport) == ("unknown", False), outcome


@pytest.mark.parametrize("body", [b"{", b"[]", b"null", b"<html>"])
@pytest.mark.parametrize("name", [name for name, (_code, _headers, body) in sorted(ACCEPTED.items()) if body])
def test_an_answer_that_nobody_can_read_is_in_doubt(name, letter, body):
    _stub, (outcome,) = hand_over(name, (200, {}, body), letter)
    assert (outcome.kind, outcome.is_transport) == ("unknown", False), outcome


def test_a_provider_that_nobody_answers_for_defers_the_letter(name, letter):
    with Stub((200, {}, {})) as gone:
        pass
    (outcome,) = hand_over_to(name, gone.url, [letter])
    assert (outcome.kind, outcome.stage, outcome.is_transport) == ("deferred", "connect", True), outcome


@pytest.mark.parametrize("name", [name for name, one in PROVIDERS.items() if one.idempotency])
def test_a_second_try_carries_the_same_key_and_another_letter_another(name, letter):
    other = Letter(letter.key, letter.sender, TO, {**letter.headers, "Message-ID": "<other@round.example>"}, "x", "")
    stub, _outcomes = hand_over(name, [RESET, ACCEPTED[name], ACCEPTED[name]], letter, letter, other)
    keys = [_key_in(*request) for request in stub.requests]
    assert keys[0] == keys[1] != keys[2]
    assert all(keys)


def _key_in(_path, headers, body):
    return headers.get("Idempotency-Key") or json.loads(body).get("headers", {}).get("idempotencyKey")


def test_a_reset_before_the_request_was_read_stays_in_doubt(letter):
    # The kernel may have taken all of it: only the provider knows what it read.
    _stub, (outcome,) = hand_over("postmark", RESET_UNREAD, letter)
    assert outcome.kind == "unknown"


def test_a_door_that_does_not_open_in_time_took_nothing(letter):
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, socket.create_connection(full.getsockname()):
        url = "http://127.0.0.1:{1}".format(*full.getsockname())
        (outcome,) = hand_over_to("postmark", url, [letter], patience=0.3)
    assert (outcome.kind, outcome.stage, outcome.is_transport) == ("deferred", "connect", True)


def test_mailgun_sends_for_the_domain_that_bounces_return_to(letter):
    stub, _outcomes = hand_over("mailgun", ACCEPTED["mailgun"], dataclasses.replace(letter, sender="b@bounce.example"))
    assert stub.requests[0][0] == "/bounce.example/messages"


def test_what_cannot_become_a_request_is_no_letter_in_doubt(letter):
    unsound = dataclasses.replace(letter, headers={**letter.headers, "From": "nobody at all"})
    stub, (outcome,) = hand_over("postmark", ACCEPTED["postmark"], unsound)
    assert (outcome.kind, outcome.stage, stub.requests) == ("refused", "build", [])


@pytest.mark.parametrize(("is_full", "entries"), [(False, [("S", "17"), ("A", "17")]), (True, [("A", "17")])])
def test_the_journal_hears_of_the_letter_before_and_after_or_it_does_not_leave(letter, is_full, entries):
    diary = Diary(is_full=is_full)
    stub, (outcome,) = hand_over("postmark", ACCEPTED["postmark"], letter, journal=diary)
    assert (len(stub.requests), diary.entries) == (not is_full, entries)
    assert (outcome.kind, outcome.is_transport) == (("deferred", True) if is_full else ("accepted", False))


def test_a_crowd_never_leaves(letter):
    crowd = Letter("1", letter.sender, f"{TO}, bob@there.example", letter.headers, "x", "")
    stub, (outcome,) = hand_over("postmark", ACCEPTED["postmark"], crowd)
    assert (outcome.kind, outcome.stage) == ("refused", "build")
    assert stub.requests == []
