"""What an editor reads when a source has a bad day: what came instead, from whom, and what to look at."""

import datetime as dt
import json
import logging
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import stamina

from papers.fetching import fetch_source
from papers.models import Source, SourceRun
from papers.sources import READERS, SourceError

NOW = dt.datetime(2026, 3, 31, 15, tzinfo=dt.UTC)
SIGN_IN = b"<!doctype html><html><head><title>Sign in to\n HotelWifi</title></head><body><p>Welcome</body></html>"
OLD_PAGE = b'\n<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN">' + SIGN_IN.removeprefix(b"<!doctype html>")


class Moody(BaseHTTPRequestHandler):
    """A host on loopback in the mood that a test gives it: status, headers, body."""

    mood: tuple = (200, {}, b"[]")

    def do_GET(self):
        status, headers, body = self.mood
        self.send_response_only(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture
def run(db, settings, monkeypatch):
    """Return what asking a source says when its host is in this mood."""
    settings.FETCH_HOSTS = ["127.0.0.1"]
    server = ThreadingHTTPServer(("127.0.0.1", 0), Moody)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    Source.objects.all().delete()
    address = f"http://127.0.0.1:{server.server_port}/papers"
    source = Source.objects.create(name="Daily Papers", kind="huggingface", address=address)

    def ask(status=200, headers=None, body=b"[]"):
        monkeypatch.setattr(Moody, "mood", (status, headers or {}, body))
        fetch_source(source, now=NOW)
        return SourceRun.objects.latest("pk").error

    with stamina.set_testing(True, attempts=2):
        yield ask
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("body", [SIGN_IN, OLD_PAGE], ids=["of today", "of yesterday"])
@pytest.mark.parametrize("kind", ["huggingface", "feed", "arxiv-feed", "arxiv-api", "arxiv-oai"])
def test_a_page_to_sign_in_that_comes_instead_of_papers_is_called_by_its_name(kind, body):
    with pytest.raises(SourceError, match="but the web page “Sign in to HotelWifi”: is the address right"):
        READERS[kind].parse(body)


def test_a_page_without_a_title_is_a_page_too():
    with pytest.raises(SourceError, match="This is no feed but the web page: is the address right"):
        READERS["feed"].parse(b"<html><body><p>Nothing<br>here</html>")


@pytest.mark.parametrize(
    ("status", "said"),
    [(404, "right."), (410, "right."), (401, "not this one."), (403, "not this one."), (400, "100.")],
)
def test_a_refusal_says_what_to_look_at(run, status, said):
    error = run(status)
    assert error.startswith(f"127.0.0.1 answered {status} ")
    assert error.endswith(said)


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({"Retry-After": "7200"}, " and wants to be left alone for 120 minutes."),
        ({"Retry-After": "25"}, " and wants to be left alone for 25 s."),
        (
            {"Retry-After": "Tue, 31 Mar 2026 18:00:00 GMT", "Date": "Tue, 31 Mar 2026 15:00:00 GMT"},
            " and wants to be left alone for 180 minutes.",
        ),
        ({"Retry-After": "Tue, 31 Mar 2026 18:00:00 GMT"}, "."),
        ({"Retry-After": "Tue, 31 Mar 2026 18:00:00 GMT", "Date": "Tue, 31 Mar 2026 15:00:00 -0000"}, "."),
        ({"Retry-After": "soon"}, "."),
        ({}, "."),
    ],
    ids=["seconds", "few", "a moment", "no clock", "no zone", "words", "nothing"],
)
def test_a_host_that_is_busy_says_for_how_long(run, headers, said):
    assert run(429, headers) == f"127.0.0.1 does not answer now (HTTP 429){said}"


def test_a_moment_that_is_over_is_no_pause(run):
    now, before = "Tue, 31 Mar 2026 15:00:00 GMT", "Tue, 31 Mar 2026 14:59:00 GMT"
    assert run(503, {"Retry-After": before, "Date": now}) == "127.0.0.1 does not answer now (HTTP 503)."


def test_half_an_answer_is_not_taken_for_a_whole_one(run):
    body = json.dumps([{"paper": {"id": "2603.00001", "title": "Evening Rivers"}}]).encode()
    assert "without sending complete message body" in run(headers={"Content-Length": "600"}, body=body)
    assert "The download may have been cut" in run(body=body[:40])


def test_the_log_names_the_source_that_failed_and_why_once(run, caplog):
    with caplog.at_level(logging.WARNING):
        run(429)
        run(body=SIGN_IN)
    said = [record.getMessage() for record in caplog.records]
    assert said[0] == "Daily Papers failed: 127.0.0.1 does not answer now (HTTP 429)."
    assert said[1].startswith("Daily Papers failed: This is no JSON but the web page")
    assert len(said) == 2
