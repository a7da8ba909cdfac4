"""What is written to the return addresses, from a maildir and by hand."""

import mailbox

import pytest
from django.core.management import CommandError, call_command

from mail.returning import account_key, return_address
from newsletter.mailbox import Filed, take_in
from newsletter.models import Event
from subscribers import tokens
from subscribers.models import Subscriber
from tests.newsletter.sent import NOW, make_digest, make_paper, make_reader

pytestmark = pytest.mark.django_db


@pytest.fixture
def digest():
    return make_digest(make_reader(), make_paper())


def bounce(to, status="5.1.1", action="failed"):
    return f"""\
From: mailer-daemon@there.example
To: {to}
Content-Type: multipart/report; report-type=delivery-status; boundary=b
MIME-Version: 1.0

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.there.example

Final-Recipient: rfc822; reader1@there.example
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} no such user reader1@there.example

--b--
""".encode()


def test_a_bounce_message_stops_the_letters_however_often_it_comes(digest):
    for _ in range(3):
        assert take_in(bounce(return_address(f"d{digest.pk}")), now=NOW) == Filed.RETURNED
    event = Event.objects.get()
    assert (event.kind, event.verdict, event.digest) == ("bounced", "hard", digest)
    assert "@" not in event.detail
    assert Subscriber.objects.get().state == "unreachable"


def test_the_desk_says_of_a_bounce_whose_fault_it_was(digest, admin_client):
    take_in(bounce(return_address(f"d{digest.pk}"), "5.7.1"), now=NOW)
    assert "policy" in admin_client.get("/admin/newsletter/event/").text


def test_a_delay_is_no_bounce(digest):
    take_in(bounce(return_address(f"d{digest.pk}"), "4.4.1", "delayed"), now=NOW)
    assert Event.objects.get().kind == "deferred"
    assert Subscriber.objects.get().state == "active"


def test_a_forged_bounce_is_other_mail(digest):
    assert take_in(bounce(f"bounces+d{digest.pk}.0123456789abcdef@round.example"), now=NOW) == Filed.OTHER
    assert Subscriber.objects.get().state == "active"


def test_a_bounced_confirmation_makes_its_reader_unreachable(digest):
    take_in(bounce(return_address(account_key("reader1@there.example"))), now=NOW)
    assert Subscriber.objects.get().state == "unreachable"


def unsubscribe(token, place):
    to = "unsubscribe@paper-round.example"
    values = {"recipient": "", "subject": "", "body": "", place: token}
    to = f"unsubscribe+{token}@paper-round.example" if place == "recipient" else to
    return f"From: reader1@there.example\nTo: {to}\nSubject: {values['subject']}\n\n{values['body']}\n".encode()


@pytest.mark.parametrize("place", ["recipient", "subject", "body"])
def test_a_mail_to_the_unsubscribe_address_ends_the_letters(digest, settings, place):
    settings.UNSUBSCRIBE_ADDRESS = "unsubscribe@paper-round.example"
    token = tokens.sign(tokens.Purpose.UNSUBSCRIBE, digest.subscriber_id, now=NOW)
    assert take_in(unsubscribe(token, place), now=NOW) == Filed.LEFT
    assert Subscriber.objects.get().state == "unsubscribed"


@pytest.mark.parametrize("purpose", [tokens.Purpose.MANAGE, tokens.Purpose.CLICK])
def test_another_token_ends_nothing(digest, purpose):
    token = tokens.sign(purpose, digest.subscriber_id, now=NOW)
    assert take_in(unsubscribe(token, "subject"), now=NOW) == Filed.OTHER
    assert Subscriber.objects.get().state == "active"


def test_a_maildir_is_read_once(digest, tmp_path, capsys):
    box = mailbox.Maildir(tmp_path / "box")
    box.add(bounce(return_address(f"d{digest.pk}")))
    box.add(b"Subject: hello\n\nWhat a fine newsletter!")
    call_command("fetch_bounces", f"maildir:{tmp_path / 'box'}")
    assert "2 messages: 1 × a bounce or a complaint, 0 × a wish to leave, 1 × other mail" in capsys.readouterr().out
    call_command("fetch_bounces", f"maildir:{tmp_path / 'box'}")
    assert "0 messages" in capsys.readouterr().out


@pytest.mark.parametrize("address", ["", "pop3://x", "maildir:/nowhere/at/all", "imap://127.0.0.1:9/INBOX"])
def test_a_mailbox_that_cannot_be_read_says_so(address):
    with pytest.raises(CommandError):
        call_command("fetch_bounces", address)


@pytest.mark.parametrize(
    "raw",
    [
        b"To: \xff\xfe<a@\nSubject: =?utf-8?b?!!!?=\n\nx",
        b'To: <@>, :;, "\nDelivered-To: [\n\nx',
        b"Content-Type: multipart/report; boundary=\n\n--\n",
        b"Content-Type: text/plain; charset=nowhere\nTo: unsubscribe@paper-round.example\n\n\xff",
        b"From: " + b"(" * 3000 + b"\nTo: " + b"(" * 3000 + b"\n\nx",
    ],
    ids=["bytes", "address", "boundary", "charset", "comments"],
)
def test_a_broken_message_is_other_mail_and_blocks_nothing(raw):
    assert take_in(raw, now=NOW) == Filed.OTHER


@pytest.mark.parametrize("word", [b"no\0such", b"=?utf-8?b?bm8Ac3VjaA==?=", "no\u202esuch".encode(), b"no\x1bsuch"])
def test_a_bounce_says_nothing_that_a_database_or_a_terminal_would_stumble_over(digest, word):
    """PostgreSQL takes no NUL: one such message would have stopped the mailbox for good."""
    raw = bounce(return_address(f"d{digest.pk}")).replace(b"no such", word)
    assert take_in(raw, now=NOW) == Filed.RETURNED
    assert "no such user" in Event.objects.get().detail
