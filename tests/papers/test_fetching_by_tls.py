"""A source is who its certificate says, though we connect to an address."""

import socket
import threading
import time
from contextlib import closing, suppress

import pytest

from papers.sources import SourceError, web
from papers.sources.web import Fetcher, Guard

HELLO = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
ONWARD = b"HTTP/1.1 302 Found\r\nLocation: http://localhost/\r\nContent-Length: 0\r\n\r\n"


@pytest.fixture
def port(tls, request):
    """A door that answers whoever believes its certificate."""
    door = socket.create_server(("127.0.0.1", 0))

    def answer():
        # Who does not believe us goes before the greeting is over.
        with suppress(OSError), tls.wrap_socket(door.accept()[0], server_side=True) as guest:
            guest.recv(10_000)
            for part in getattr(request, "param", [HELLO]):
                guest.sendall(part)
                time.sleep(0.02 if len(part) == 1 else 0)

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    with door:
        yield door.getsockname()[1]
    thread.join(5)


def fetch(host, port):
    guard = Guard(frozenset({host}), resolve=lambda *_: ["127.0.0.1"])
    with closing(Fetcher("Paper Round tests", guard=guard, attempts=1)) as client:
        return client.get(f"https://{host}:{port}/")


@pytest.mark.usefixtures("_trusted")
def test_a_host_is_asked_and_believed_by_its_name(port):
    assert fetch("localhost", port) == b"hello"


@pytest.mark.usefixtures("_trusted")
def test_a_host_with_another_name_in_its_certificate_is_not_believed(port):
    with pytest.raises(SourceError, match="certificate"):
        fetch("papers.example", port)


@pytest.mark.usefixtures("_trusted")
@pytest.mark.parametrize("port", [[ONWARD]], indirect=True)
def test_nobody_is_led_from_an_encrypted_connection_to_an_open_one(port):
    with pytest.raises(SourceError, match="from https to an open connection"):
        fetch("localhost", port)


@pytest.mark.usefixtures("_trusted")
@pytest.mark.parametrize("port", [[bytes([each]) for each in HELLO]], indirect=True, ids=["byte by byte"])
def test_an_encrypted_answer_that_drips_is_given_up_in_time_too(port, monkeypatch):
    monkeypatch.setattr(web, "LONGEST_ANSWER", 0.4)
    with pytest.raises(SourceError, match="took longer"):
        fetch("localhost", port)
