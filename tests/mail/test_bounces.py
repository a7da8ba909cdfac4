"""Codes, words and labels end in one verdict; messages count only when they come to an address that we signed."""

import contextlib
import time

import pytest

from mail.bounces import Said, Verdict, judge, read_message
from mail.returning import account_key, read_return_address, return_address


@pytest.mark.parametrize(
    ("enhanced", "verdict"),
    [
        *((code, "hard") for code in ("5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1")),
        *(
            (code, "soft")
            for code in ("4.2.2", "4.4.1", "4.3.0", "5.2.2", "5.3.0", "5.3.2", "5.4.7", "5.4.4", "4.1.1", "5.1.4")
        ),
        *((code, "policy") for code in ("5.7.0", "5.7.1", "5.7.26", "5.7.515", "4.7.0", "4.7.28", "5.5.1", "5.1.8")),
        *((code, "content") for code in ("5.6.0", "5.6.1", "5.3.4")),
    ],
)
def test_the_rfc_3463_code_speaks_first(enhanced, verdict):
    assert judge("550 some words that say nothing", enhanced=enhanced) == verdict
    assert judge(f"smtp; 550-{enhanced} some words", code=550) == verdict
    assert judge("550 5.1.1 what somebody further away said", enhanced=enhanced) == verdict


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("550 No such user here", "hard"),
        ("550 user unknown", "hard"),
        ("554 delivery error: This user doesn't exist", "hard"),
        ("550 Requested action not taken: mailbox unavailable", "hard"),
        ("Unrouteable address", "hard"),
        ("550 Blocked using a block list; user unknown to nobody", "policy"),
        ("554 Message refused for spam-like content", "policy"),
        ("421 Too many messages from your address", "policy"),
        ("550 5.0.0 rejected because of SPF", "policy"),
        ("552 Mailbox full", "soft"),
        ("452 over quota", "soft"),
        ("552 message size limit: too large", "content"),
        ("550", "soft"),
        ("", "soft"),
        ("5.1.1.7 is an address of the network", "soft"),
        ("10.5.1.1 is another", "soft"),
    ],
)
def test_without_a_code_the_words_decide_and_doubt_is_soft(text, verdict):
    assert judge(text) == verdict


def test_a_code_is_believed_before_a_providers_label():
    # SES has called a 5.3.0 permanent, and others a full mailbox hard.
    assert judge("550 5.3.0 not today", labels=["Permanent"]) == "soft"
    assert judge("550 not today", labels=["Permanent"]) == "soft"
    assert judge("", code=550, labels=["Permanent"]) == "soft"
    assert judge("550 5.0.0 not today", labels=["Permanent"]) == "hard"  # 5.0.0 says nothing
    assert judge("10.0.0.451 did not take all 4501 letters", labels=["Permanent"]) == "hard"  # no code of SMTP
    assert judge("", labels=["Permanent"]) == "hard"
    assert judge("", labels=["bounced", "HardBounce"]) == "hard"
    assert judge("", labels=["SoftBounce"]) == "soft"
    assert judge("", labels=["blocked"]) == "policy"
    assert judge("", labels=["something new"]) == "soft"


@pytest.mark.parametrize(
    "text", ["user " * 50_000, "mailbox a " * 50_000, "5.1." * 50_000, "user " + "!" * 300, "host " + "a!" * 2_000]
)
def test_hostile_text_is_judged_quickly(text):
    begun = time.process_time()
    assert judge(text) == "soft"
    assert time.process_time() - begun < 1


@pytest.mark.parametrize("value", ['"' * 100_001, "." * 100_000, "a " * 50_000, "\\" * 100_000, "<@a," * 30_000])
def test_no_header_holds_up_the_mailbox(value):
    begun = time.process_time()
    for name in ("To", "Content-Type", "Subject"):
        with contextlib.suppress(LookupError):  # the parser of the standard library, at the worst of them
            read_message(f"{name}: {value}\r\nX-Failed-Recipients: ada@there.example\r\n\r\nNo.".encode())
    assert time.process_time() - begun < 1


def test_a_report_of_a_stranger_costs_little_whatever_its_length():
    report = "".join(f"Final-Recipient: rfc822;a{n}@there.example\r\nAction: failed\r\n\r\n" for n in range(20_000))
    words = f"Action: failed\r\nDiagnostic-Code: smtp;{'a' * 200_000}\r\n\r\n"
    head = "To: bounces@x.example\r\nContent-Type: multipart/report; boundary=b\r\n\r\n"
    begun = time.process_time()
    whole = f"{head}--b\r\nContent-Type: message/delivery-status\r\n\r\n{words}{report}--b--"
    assert read_message(whole.encode()) == []
    assert time.process_time() - begun < 3


@pytest.mark.parametrize(
    "text",
    [
        "550 user <ada@lake.there.example>: unknown",
        "550 The recipient ada@there.example does not exist",
        "host a:unknown",
    ],
)
def test_an_address_may_stand_between_the_words(text):
    assert judge(text) == "hard"


def test_a_return_address_names_its_letter_and_nobody_can_make_one():
    address = return_address("d17")
    assert read_return_address(address) == "d17"
    assert read_return_address(address.upper()) == "d17"
    assert len(address.partition("@")[0]) <= 64
    mac = address.partition(".")[2][:16]
    for forged in (
        *(address.replace(mac, mac[:n] + ("1" if mac[n] == "0" else "0") + mac[n + 1 :]) for n in range(16)),
        address.replace("d17", "d18"),
        address.replace(".", ".0"),
        "bounces@x.example",
        "bounces+d17@x.example",
        "bounces+d17.@x.example",
        "bounces+d17.ffffffffffffffff@x.example",
        "",
        "bounces+d17.ｆ123456789abcdef@x.example",
    ):
        assert read_return_address(forged) is None


def test_the_address_for_bounces_may_have_a_plus_of_its_own(settings):
    settings.BOUNCE_ADDRESS = "news+bounces@round.example"
    assert read_return_address(return_address("d17")) == "d17"


def test_the_return_addresses_of_letters_sent_long_ago_still_read(settings):
    settings.LINK_KEYS = ["a key of today", "a key of long ago"]
    assert read_return_address("bounces+d17.f394c3a382e088b0@round.example") == "d17"


def test_an_account_letters_return_address_holds_only_for_its_reader():
    address = return_address(account_key("Ann@There.example"))
    assert "ann" not in address
    assert read_return_address(address, recipient="ann@there.example") == "a:ann@there.example"
    assert read_return_address(address, recipient="bob@there.example") is None


def test_a_new_key_reads_what_the_old_one_signed(settings):
    settings.LINK_KEYS = ["old"]
    address = return_address("d17")
    settings.LINK_KEYS = ["new", "old"]
    assert read_return_address(address) == "d17"
    newer = return_address("d17")
    settings.LINK_KEYS = ["new"]
    assert read_return_address(address) is None
    assert read_return_address(newer) == "d17"


def bounce(to, *blocks, head="", subject="Undelivered mail"):
    status = "\n\n".join(["Reporting-MTA: dns; mx.there.example", *blocks])
    return f"""\
Return-Path: <>
From: mailer-daemon@there.example
To: {to}
Subject: {subject}
{head}MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

Your letter could not be delivered.
--b
Content-Type: message/delivery-status

{status}

--b
Content-Type: message/rfc822

Subject: Ten papers
Message-ID: <1@round.example>

hello
--b--
""".encode()


POSTFIX = """\
Final-Recipient: rfc822; ann@there.example
Original-Recipient: rfc822;ann@there.example
Action: failed
Status: 5.1.1
Remote-MTA: dns; mx.there.example
Diagnostic-Code: smtp; 550 5.1.1 <ann@there.example>: Recipient address rejected: User unknown"""
EXIM = """\
Action: failed
Final-Recipient: rfc822;ann@there.example
Status: 5.0.0
Remote-MTA: dns; mx.there.example
Diagnostic-Code: smtp; 550 No such user here"""
EXCHANGE = """\
Final-recipient: RFC822; ann@there.example
Action: failed
Status: 5.7.133
Diagnostic-code: smtp;550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup"""
GMAIL = """\
Final-Recipient: rfc822; ann@there.example
Action: failed
Status: 4.4.1
Diagnostic-Code: smtp; The recipient server did not accept our requests to connect. [there.example 192.0.2.1: timed out]
Last-Attempt-Date: Mon, 02 Mar 2026 08:00:00 -0800 (PST)"""
FULL = """\
Final-Recipient: rfc822; ann@there.example
Action: failed
Status: 5.0.0
Diagnostic-Code: smtp; 552 5.2.2 Over quota"""
DELAYED = """\
Final-Recipient: rfc822; ann@there.example
Action: delayed
Status: 4.4.7
Will-Retry-Until: Fri, 06 Mar 2026 08:00:00 +0000"""
RELAYED = """\
Final-Recipient: rfc822; ann@there.example
Action: relayed
Status: 2.0.0"""


@pytest.mark.parametrize(
    ("block", "said", "verdict", "status"),
    [
        (POSTFIX, Said.BOUNCED, Verdict.HARD, "5.1.1"),
        (EXIM, Said.BOUNCED, Verdict.HARD, "5.0.0"),
        (EXCHANGE, Said.BOUNCED, Verdict.POLICY, "5.7.133"),
        (GMAIL, Said.BOUNCED, Verdict.SOFT, "4.4.1"),
        (FULL, Said.BOUNCED, Verdict.SOFT, "5.2.2"),
        (DELAYED, Said.DELAYED, None, "4.4.7"),
    ],
    ids=["postfix", "exim", "exchange", "gmail", "full", "delayed"],
)
def test_bounce_messages_of_the_usual_servers_are_read(block, said, verdict, status):
    (returned,) = read_message(bounce(return_address("d17"), block))
    assert (returned.key, returned.said, returned.verdict, returned.status) == ("d17", said, verdict, status)
    assert "ann@" not in returned.text


def test_a_relayed_letter_is_no_news():
    assert read_message(bounce(return_address("d17"), RELAYED)) == []


def test_a_bounce_to_an_address_that_we_did_not_sign_is_a_forgery():
    assert read_message(bounce("bounces+d17.0123456789abcdef@round.example", POSTFIX)) == []
    assert read_message(bounce("bounces@round.example", POSTFIX)) == []


def test_where_the_mailbox_knows_the_envelope_that_counts():
    (returned,) = read_message(bounce("postmaster@round.example", POSTFIX), came_to=[return_address("d17")])
    assert returned.key == "d17"
    head = f"Delivered-To: {return_address('d18')}\n"
    (returned,) = read_message(bounce("undisclosed-recipients:;", POSTFIX, head=head))
    assert returned.key == "d18"


def test_a_bounced_confirmation_is_known_by_the_address_it_speaks_of():
    to = return_address(account_key("ann@there.example"))
    (returned,) = read_message(bounce(to, POSTFIX))
    assert returned.key == "a:ann@there.example"
    assert read_message(bounce(to, POSTFIX.replace("ann@", "bob@"))) == []
    forwarded = FULL.replace("ann@", "bob@") + "\nOriginal-Recipient: rfc822;ann@there.example"
    assert [returned.key for returned in read_message(bounce(to, forwarded))] == ["a:ann@there.example"]


def test_exims_own_message_is_read_without_a_report():
    raw = f"""\
X-Failed-Recipients: ann@there.example
Auto-Submitted: auto-replied
From: Mail Delivery System <mailer-daemon@mx.example>
To: {return_address("d17")}
Subject: Mail delivery failed

  ann@there.example
    host mx.there.example: 550 5.1.1 no such user
""".encode()
    (returned,) = read_message(raw)
    assert (returned.key, returned.said, returned.verdict) == ("d17", Said.BOUNCED, Verdict.HARD)
    assert "no such user" in returned.text
    assert "ann@" not in returned.text


@pytest.mark.parametrize("key", ["d17", "a:ann@there.example"])
def test_a_complaint_is_read(key):
    raw = f"""\
From: <abuse@there.example>
To: <{return_address(key)}>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary=b

--b
Content-Type: text/plain

This is an abuse report.
--b
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: SomeGenerator/1.0
Version: 1
Original-Rcpt-To: <ann@there.example>

--b
Content-Type: message/rfc822

Subject: Ten papers

hello
--b--
""".encode()
    (returned,) = read_message(raw)
    assert (returned.key, returned.said, returned.text) == (key, Said.COMPLAINED, "abuse")


def test_of_what_anybody_may_write_the_beginning_is_looked_at():
    ours, stranger = return_address("d17"), "stranger@there.example"
    assert len(read_message(bounce(ours, "\n\n".join([POSTFIX] * 60)))) == 50
    assert read_message(bounce(stranger, POSTFIX), came_to=[stranger] * 50 + [ours]) == []
    parts = "--b\nContent-Type: text/plain\n\nx\n" * 50
    assert read_message(bounce(ours, POSTFIX).replace(b"--b\n", parts.encode() + b"--b\n", 1)) == []


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe\x00",
        b"Subject: Out of office\nAuto-Submitted: auto-replied\n\nI am away.",
        b"Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n--b--",
        b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\nContent-Type: text/plain\n\nx\n" * 5000,
    ],
    ids=["empty", "bytes", "away", "empty report", "many parts"],
)
def test_other_mail_says_nothing_and_breaks_nothing(raw):
    assert read_message(b"To: " + return_address("d17").encode() + b"\n" + raw) == []
