"""Sources are asked politely, within limits, and never inside a private network."""

import datetime as dt
import gzip
import json
import threading
import time
from contextlib import closing, contextmanager, nullcontext, suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import stamina

from papers import fetching
from papers.fetching import fetch_due, fetch_source
from papers.models import Paper, Source, SourceRun
from papers.sources import READERS, SourceError, web
from papers.sources.web import Fetcher, Guard, Refused, is_public

NOW = dt.datetime(2026, 3, 31, 15, tzinfo=dt.UTC)


class Answers(BaseHTTPRequestHandler):
    """A host on loopback that answers by path and keeps what it was asked."""

    asked: list = []

    def do_GET(self):
        self.asked.append((self.path, dict(self.headers)))
        getattr(self, "say_" + self.path.strip("/").split("?")[0], self.say_page)()

    def _answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def say_page(self):
        if self.headers.get("If-None-Match") == '"1"':
            return self._answer(304)
        return self._answer(200, b"hello", ETag='"1"')

    def say_dated(self):
        at = "Tue, 31 Mar 2026 08:00:00 GMT"
        self._answer(304) if self.headers.get("If-Modified-Since") == at else self._answer(
            200, b"hello", Last_Modified=at
        )

    def say_busy(self):
        self._answer(429, Retry_After="7200")

    def say_tired(self):
        self._answer(503, Retry_After="²")

    def say_nothing(self):
        self.close_connection = True

    def say_lap(self):
        time.sleep(0.2)
        self._answer(302, Location="/lap")

    def say_away(self):
        self._answer(302, Location="http://169.254.169.254/latest/meta-data/")

    def say_round(self):
        self._answer(302, Location="/round")

    def say_bomb(self):
        self._answer(200, gzip.compress(b"0" * 3_000_000), Content_Encoding="gzip")

    def say_matryoshka(self):
        self._answer(200, gzip.compress(gzip.compress(b"0" * 3_000_000)), Content_Encoding="gzip, gzip")

    def say_packed(self):
        self._answer(200, gzip.compress(b"hello"), Content_Encoding="gzip")

    def say_broken(self):
        self._answer(200, b"hello", Content_Encoding="gzip")

    def say_headers_slowly(self):
        self._drip(b"HTTP/1.1 200 OK\r\nX-Long: ", b"\r\nContent-Length: 5\r\n\r\nhello")

    def say_body_slowly(self):
        self._drip(b"HTTP/1.1 200 OK\r\n\r\n", b"hello")

    def _drip(self, beginning, end):
        """Answer well, but only after three seconds without a longer pause."""
        with suppress(OSError):  # who asked has gone, as it should
            self.wfile.write(beginning)
            for _ in range(60):
                self.wfile.write(b"x")
                time.sleep(0.05)
            self.wfile.write(end)

    def say_on(self):
        self._answer(302, Location="/headers_slowly")

    def say_over(self):
        self._answer(302, Location=f"http://papers.example:{self.server.server_port}/beside")

    def say_beside(self):
        self._answer(302, Location="/page")

    def say_mistaken(self):
        self._answer(400, b"<?xml version='1.0'?><feed>the id is malformed</feed>")

    def say_gone(self):
        self._answer(404, b"<feed>gone</feed>")

    def say_papers(self):
        paper = {"id": "2603.00001", "title": "Evening Rivers", "summary": "On rivers.", "upvotes": 3}
        self._answer(200, json.dumps([{"paper": {**paper, "submittedOnDailyAt": "2026-03-31T00:00:00Z"}}]).encode())

    def log_message(self, *args):
        pass


@pytest.fixture
def host():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    Answers.asked = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def client():
    with stamina.set_testing(True, attempts=1), closing(fetcher()) as ours:
        yield ours


def fetcher(**options):
    return Fetcher("Paper Round tests", guard=Guard(frozenset({"127.0.0.1"})), **options)


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.1", "192.168.1.1", "172.16.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1"]
    + ["::1", "fe80::1", "fc00::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::", "::"]
    + ["2001:0:808:808::f5ff:fffe"]
    + ["fec0::1", "::7f00:1", "::ffff:0:7f00:1", "64:ff9b:1::7f00:1", "5f00::1", "fe80::1%eth0", "ff0e::1"],
)
def test_a_private_address_is_not_public(address):
    assert not is_public(address)


def test_open_addresses_are_public():
    assert is_public("8.8.8.8")
    assert is_public("64:ff9b::808:808")  # as a machine with IPv6 alone sees it
    assert is_public("::ffff:8.8.8.8")
    assert is_public("2606:4700::1111")


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1/", "http://[::1]/", "http://localhost/", "http://2130706433/", "file:///etc/passwd"]
    + ["ftp://a.example/", "http://user:pass@8.8.8.8/", "http://8.8.8.8:22/", "http:///x", "http://[", "gopher://x/"],
)
def test_the_guard_refuses_what_is_not_the_open_web(url):
    with pytest.raises(SourceError):
        Guard().address_of(url)


@pytest.mark.parametrize("addresses", [["8.8.8.8", "10.0.0.1"], []], ids=str)
def test_one_private_address_among_public_ones_or_none_at_all_is_enough_to_refuse(addresses):
    guard = Guard(resolve=lambda host, port: addresses)
    with pytest.raises(SourceError, match="private"):
        guard.address_of("https://papers.example/")


def test_no_proxy_of_the_environment_is_asked(host, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with closing(fetcher()) as client:
        assert client.get(f"{host}/page") == b"hello"


def test_the_checked_address_is_the_one_that_is_connected_to(host):
    """A name that answers otherwise the second time is never asked a second time."""
    answers = iter([["127.0.0.1"], ["8.8.8.8"]])
    port = host.rpartition(":")[2]
    guard = Guard(frozenset({"rebinding.example"}), resolve=lambda name, port: next(answers))
    with closing(Fetcher("x", guard=guard)) as client:
        assert client.get(f"http://rebinding.example:{port}/page") == b"hello"
    assert Answers.asked[0][1]["Host"] == f"rebinding.example:{port}"


@pytest.mark.parametrize("path", ["page", "dated"])
def test_we_say_who_we_are_and_ask_again_only_for_what_is_new(host, client, path):
    assert client.get(f"{host}/{path}") == b"hello"
    assert client.get(f"{host}/{path}") is None
    assert Answers.asked[0][1]["User-Agent"] == "Paper Round tests"


def test_a_redirect_into_a_private_network_is_not_followed(host, client):
    with pytest.raises(SourceError, match="private network"):
        client.get(f"{host}/away")


def test_redirects_in_circles_end(host, client):
    with pytest.raises(SourceError, match="circles"):
        client.get(f"{host}/round")
    assert len(Answers.asked) == 6


def test_the_host_that_an_answer_leads_to_has_its_own_turn(host):
    turns_taken = []
    guard = Guard(frozenset({"127.0.0.1", "papers.example"}), resolve=lambda *_: ["127.0.0.1"])

    def turn(name):
        turns_taken.append(name)
        return nullcontext()

    with closing(Fetcher("x", guard=guard, turn=turn)) as client:
        assert client.get(f"{host}/over") == b"hello"
    assert turns_taken == ["127.0.0.1", "papers.example", "papers.example"]


def test_a_mistake_that_arxiv_tells_as_a_feed_can_be_read_and_other_errors_are_told(host, client):
    assert b"malformed" in client.get(f"{host}/mistaken")
    with pytest.raises(SourceError, match="404") as error:
        client.get(f"{host}/gone")
    assert not isinstance(error.value, Refused)


def test_what_is_remembered_of_answers_has_an_end_and_the_oldest_goes_first(host, client, monkeypatch):
    monkeypatch.setattr(web, "REMEMBERED", 2)
    for number in range(3):
        client.get(f"{host}/page?{number}")
    assert list(client.memory) == [f"{host}/page?1", f"{host}/page?2"]


def test_a_body_that_is_too_long_is_given_up(host, client, monkeypatch):
    monkeypatch.setattr(web, "LARGEST_BODY", 1_000_000)
    with pytest.raises(SourceError, match="more than"):
        client.get(f"{host}/bomb")


@pytest.mark.parametrize("path", ["headers_slowly", "body_slowly", "on"])
def test_an_answer_that_drips_is_given_up_in_time(host, client, monkeypatch, path):
    monkeypatch.setattr(web, "LONGEST_ANSWER", 0.5)
    with pytest.raises(SourceError, match="127.0.0.1 took longer than"):
        client.get(f"{host}/{path}")


def test_a_host_is_not_charged_for_the_time_that_we_wait_for_its_turn(host, monkeypatch):
    @contextmanager
    def turn(name):
        time.sleep(1.1)
        yield

    monkeypatch.setattr(web, "LONGEST_ANSWER", 1.0)
    with closing(fetcher(turn=turn)) as client:
        assert client.get(f"{host}/page") == b"hello"


def test_a_packed_body_is_unpacked_once(host, client):
    assert client.get(f"{host}/packed") == b"hello"


@pytest.mark.parametrize(("path", "said"), [("matryoshka", "not asked for"), ("broken", "damaged")])
def test_a_body_packed_otherwise_than_asked_is_given_up(host, client, path, said):
    with pytest.raises(SourceError, match=said):
        client.get(f"{host}/{path}")


def test_the_pause_that_a_host_asks_for_is_known(host, client):
    with pytest.raises(Refused) as refused:
        client.get(f"{host}/busy")
    assert refused.value.pause == 7200


@pytest.mark.parametrize(("path", "times"), [("tired", 2), ("nothing", 2), ("busy", 1), ("gone", 1)])
def test_who_may_be_well_in_a_moment_is_asked_again_and_nobody_else(host, path, times):
    with stamina.set_testing(True, attempts=2), closing(fetcher()) as client, pytest.raises(SourceError) as error:
        client.get(f"{host}/{path}")
    assert len(Answers.asked) == times
    assert isinstance(error.value, Refused) is (path in ("tired", "busy"))


def test_time_is_counted_over_all_that_an_answer_leads_to(host, client, monkeypatch):
    monkeypatch.setattr(web, "LONGEST_ANSWER", 0.5)
    with pytest.raises(SourceError, match="took longer"):
        client.get(f"{host}/lap")


# --- Runs -------------------------------------------------------------------------------------------------------


@pytest.fixture
def source(db, host, settings):
    settings.FETCH_HOSTS = ["127.0.0.1"]
    Source.objects.all().delete()
    return Source.objects.create(name="Ours", kind="huggingface", address=f"{host}/papers")


@pytest.mark.django_db
def test_a_due_source_is_fetched_once_and_then_not_due(source):
    assert fetch_due(now=NOW) == 1
    assert fetch_due(now=NOW) == 0
    run = SourceRun.objects.get()
    assert (run.new, run.error, run.freshness) == (1, "", "fresh")
    paper = Paper.objects.get()
    assert paper.snapshots.get().votes == 3
    assert paper.trend > 0
    source.refresh_from_db()
    assert source.next_fetch_at == NOW + dt.timedelta(minutes=60)


@pytest.mark.django_db
def test_a_host_that_is_not_to_be_reached_is_told_and_asked_again_later(source, settings):
    settings.FETCH_HOSTS = []
    run = fetch_source(source, now=NOW)
    assert "was not asked" in run.error
    source.refresh_from_db()
    assert source.freshness == "failing"
    assert source.next_fetch_at == NOW + dt.timedelta(minutes=120)
    assert list(Source.objects.troubled()) == [source]


@pytest.mark.django_db
def test_a_host_that_asks_for_a_pause_gets_it(source, host):
    source.address = f"{host}/busy"
    with stamina.set_testing(True, attempts=1):
        fetch_source(source, now=NOW)
    assert source.next_fetch_at == NOW + dt.timedelta(hours=2)


@pytest.mark.django_db
def test_a_pause_that_one_source_was_asked_for_is_kept_by_all_sources_of_that_host(source, host):
    other = Source.objects.create(name="Other", kind="huggingface", address=f"{host}/papers")
    source.address = f"{host}/busy"
    with stamina.set_testing(True, attempts=1):
        fetch_source(source, now=NOW)
        asked = len(Answers.asked)
        run = fetch_source(other, now=NOW)
    assert len(Answers.asked) == asked
    assert "asked us to wait 119 minutes more" in run.error
    assert NOW + dt.timedelta(minutes=119) <= other.next_fetch_at <= NOW + dt.timedelta(minutes=120)


@pytest.mark.django_db
def test_an_answer_that_our_reader_stumbles_over_stops_neither_us_nor_the_next_source(source, host, monkeypatch):
    def stumble(body):
        raise KeyError("authors")

    monkeypatch.setitem(READERS, "feed", replace(READERS["feed"], parse=stumble))
    Source.objects.create(name="Odd", kind="feed", address=f"{host}/page", next_fetch_at=NOW - dt.timedelta(days=1))
    assert fetch_due(now=NOW) == 2
    assert SourceRun.objects.get(kind="feed").error.startswith("Our reader stumbled over the answer (KeyError)")
    assert SourceRun.objects.get(kind="huggingface").new == 1


@pytest.mark.django_db
def test_a_source_at_which_every_worker_is_killed_is_seen_to_fail(source, monkeypatch):
    def killed(body):
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setitem(READERS, "huggingface", replace(READERS["huggingface"], parse=killed))
        for later in (NOW, NOW + fetching.CLAIM):
            with pytest.raises(SystemExit):
                fetch_due(now=later)
    assert list(Source.objects.troubled()) == [source]
    assert "stopped in the middle" in SourceRun.objects.earliest("started_at").error
    assert fetch_due(now=NOW + dt.timedelta(days=1)) == 1
    assert not Source.objects.troubled()


@pytest.mark.django_db
def test_yesterdays_batch_on_a_working_day_is_stale(source):
    fetch_source(source, now=NOW)
    run = fetch_source(source, now=NOW + dt.timedelta(days=1, hours=4))
    assert (run.freshness, run.error) == ("stale", "")
    assert list(Source.objects.troubled()) == [source]


@pytest.mark.django_db
def test_two_workers_do_not_fetch_the_same_source(source):
    assert fetching._claim(source, NOW)
    assert not fetching._claim(source, NOW)
