"""The mailbox of bounces over IMAP: Python's own client against a server that speaks as much of RFC 3501 as it asks."""

import re
import socketserver
import threading

import pytest
from django.core.management import CommandError, call_command

from mail.bounces import LARGEST_MESSAGE
from mail.returning import return_address
from newsletter.models import Event
from subscribers.models import Subscriber
from tests.newsletter.sent import make_digest, make_paper, make_reader
from tests.newsletter.test_mailbox import bounce

pytestmark = pytest.mark.django_db
_PARTIAL = re.compile(rb"BODY\.PEEK\[\](?:<(\d+)\.(\d+)>)?")


class Mailbox(socketserver.ThreadingTCPServer):
    """One folder with these messages, on a port of this machine. `lost` are those that it cannot hand out."""

    daemon_threads = True

    def __init__(self, messages, *, folder="INBOX", lost=(), tls=None):
        self.messages, self.folder, self.lost, self.tls = messages, folder, lost, tls
        self.seen, self.handed_out, self.heard = set(), 0, []
        super().__init__(("127.0.0.1", 0), Conversation)

    def get_request(self):
        connection, place = super().get_request()
        return (self.tls.wrap_socket(connection, server_side=True) if self.tls else connection), place

    def __enter__(self):
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_error):
        self.shutdown()
        self.server_close()

    def address(self, folder="INBOX"):
        scheme, host = ("imaps", "localhost") if self.tls else ("imap", "127.0.0.1")
        return f"{scheme}://bounces:secret@{host}:{self.server_address[1]}/{folder}"


class Conversation(socketserver.StreamRequestHandler):
    def handle(self):
        self.say(b"* OK ready")
        for line in self.rfile:
            self.server.heard.append(line)
            tag, verb, *rest = line.split(None, 2)
            words = rest[0].strip() if rest else b""
            if verb == b"UID":
                verb, words = words.split(None, 1)
            end = getattr(self, f"do_{verb.decode().lower()}", lambda _words: b"OK done")(words)
            self.say(tag + b" " + end)

    def say(self, line):
        self.wfile.write(line + b"\r\n")

    def do_capability(self, _words):
        self.say(b"* CAPABILITY IMAP4rev1")
        return b"OK done"

    def do_select(self, words):
        if words.strip(b'"').decode() != self.server.folder:
            return b"NO [NONEXISTENT] Unknown Mailbox"
        self.say(b"* %d EXISTS" % len(self.server.messages))
        return b"OK [READ-WRITE] done"

    def do_search(self, words):
        first, last = map(int, words.split()[0].split(b":")) if b":" in words else (1, len(self.server.messages))
        numbers = range(first, min(last, len(self.server.messages)) + 1)
        self.say(b"* SEARCH " + b" ".join(b"%d" % (100_000 + n) for n in numbers if n not in self.server.seen))
        return b"OK done"

    def do_fetch(self, words):
        number = int(words.split()[0]) - 100_000
        if number in self.server.lost:
            return b"NO [UNAVAILABLE] a disk is broken"
        start, most = _PARTIAL.search(words).groups()
        part = self.server.messages[number - 1][: int(most) if most else None]
        self.server.handed_out += len(part)
        origin = b"<%s>" % start if start else b""
        self.say(b"* %d FETCH (UID %d BODY[]%s {%d}" % (number, 100_000 + number, origin, len(part)))
        self.wfile.write(part)
        self.say(b")")
        return b"OK done"

    def do_store(self, words):
        self.server.seen.add(int(words.split()[0]) - 100_000)
        return b"OK done"


@pytest.fixture
def returned():
    digest = make_digest(make_reader(), make_paper())
    return bounce(return_address(f"d{digest.pk}"))


def test_each_message_is_read_once_over_imap(returned, capsys):
    with Mailbox([b"Subject: hello\n\nWhat a fine newsletter!", returned]) as server:
        call_command("fetch_bounces", server.address())
        assert "2 messages: 1 × a bounce or a complaint, 0 × a wish to leave, 1 × other mail" in capsys.readouterr().out
        call_command("fetch_bounces", server.address())
        assert "0 messages" in capsys.readouterr().out
    assert Event.objects.get().verdict == "hard"
    assert Subscriber.objects.get().state == "unreachable"


@pytest.mark.usefixtures("_trusted")
def test_a_mailbox_with_a_good_certificate_is_read(returned, tls):
    with Mailbox([returned], tls=tls) as server:
        call_command("fetch_bounces", server.address())
    assert Event.objects.get().verdict == "hard"


def test_a_server_that_nobody_vouches_for_is_told_no_password(returned, tls):
    with Mailbox([returned], tls=tls) as server:
        with pytest.raises(CommandError, match="cannot be read: .*certificate"):
            call_command("fetch_bounces", server.address())
        assert not server.heard


def test_of_a_huge_message_the_first_megabyte_is_fetched(returned):
    with Mailbox([returned + b"x" * 5_000_000]) as server:
        call_command("fetch_bounces", server.address())
        assert server.handed_out == LARGEST_MESSAGE
    assert Event.objects.get().verdict == "hard"


def test_a_message_that_the_server_cannot_hand_out_stays_unseen(returned, capsys):
    with Mailbox([returned, b"Subject: hello\n\nhello"], lost={1}) as server:
        call_command("fetch_bounces", server.address())
        assert (server.seen, "1 messages" in capsys.readouterr().out) == ({2}, True)


def test_a_storm_of_bounces_is_read_from_its_beginning(returned):
    with Mailbox([returned] * 200_000) as server:
        call_command("fetch_bounces", server.address(), limit=3)
        assert server.seen == {1, 2}  # the third is acted on, and marked the next time
    assert Event.objects.count() == 1


def test_a_folder_may_have_a_space_in_its_name_and_one_that_is_not_there_is_named(returned):
    with Mailbox([returned], folder="Returned mail") as server:
        call_command("fetch_bounces", server.address("Returned%20mail"))
        with pytest.raises(CommandError, match="no folder “INBOX”.*Unknown Mailbox"):
            call_command("fetch_bounces", server.address())
    assert Event.objects.count() == 1
