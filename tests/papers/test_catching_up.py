"""What one run cannot bring is brought by several, each of which goes on where the one before it came to."""

import datetime as dt
import json
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
import stamina

from papers import fetching, turns
from papers.fetching import fetch_due, fetch_source
from papers.models import Paper, Source, SourceRun
from papers.sources import READERS, Request, arxiv_oai, web

NOW = dt.datetime(2026, 3, 31, 15, tzinfo=dt.UTC)
A_TICK = dt.timedelta(minutes=5)
RECORD = """<record><header><identifier>oai:arXiv.org:{id}</identifier><datestamp>2026-03-25</datestamp></header>
<metadata><arXiv xmlns="http://arxiv.org/OAI/arXiv/"><id>{id}</id><created>2026-03-24</created>
<title>Evening Rivers {id}</title><categories>cs.CL</categories><abstract>On rivers.</abstract></arXiv></metadata>
</record>"""
OAI = '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">{inside}</OAI-PMH>'


class Archive(BaseHTTPRequestHandler):
    """arXiv by OAI-PMH on loopback: twelve records in pages of two, each with a token for the next."""

    asked: list = []
    forgets: set = set()
    is_tired = False

    def do_GET(self):
        query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        token = query.get("resumptionToken", "")
        self.asked.append(token or query["from"])
        if self.is_tired:
            return self._answer(b"", status=503)
        if token in self.forgets:
            return self._answer(OAI.format(inside='<error code="badResumptionToken">too late</error>').encode())
        start = int(token.removeprefix("skip=") or 0)
        records = "".join(RECORD.format(id=f"2603.{number:05}") for number in range(start, start + 2))
        more = f"skip={start + 2}" if start < 10 else ""
        token = f"<resumptionToken expires='2026-04-01T00:00:00Z'>\n{more}\n</resumptionToken>"
        inside = f"<ListRecords>{records}{token}</ListRecords>"
        return self._answer(OAI.format(inside=inside).encode())

    def _answer(self, body, status=200):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture
def host(settings, monkeypatch):
    settings.FETCH_HOSTS = ["127.0.0.1"]
    server = ThreadingHTTPServer(("127.0.0.1", 0), Archive)
    Archive.asked, Archive.forgets, Archive.is_tired = [], set(), False
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    monkeypatch.setattr(arxiv_oai, "BASE", f"http://127.0.0.1:{server.server_port}/oai")
    with stamina.set_testing(True, attempts=1):
        yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def source(db, host):
    """A harvest that was well a week ago."""
    Source.objects.all().delete()
    week = dt.timedelta(days=7)
    return Source.objects.create(name="arXiv", kind="arxiv-oai", address="cs:cs:CL", last_success_at=NOW - week)


def test_a_run_is_over_before_celery_stops_it(settings):
    """The last answer begins, waits for the turn of its host, and comes slowly."""
    longest = fetching.WORKING + turns.PATIENCE.total_seconds() + web.LONGEST_ANSWER
    assert longest < settings.CELERY_TASK_TIME_LIMIT


@pytest.fixture
def one_answer_a_run(monkeypatch):
    monkeypatch.setattr(fetching, "WORKING", -1.0)


def skips(*numbers):
    return [f"skip={number}" for number in numbers]


@pytest.mark.usefixtures("one_answer_a_run")
def test_a_harvest_after_a_week_is_brought_by_several_runs_and_no_page_is_asked_for_twice(source):
    ticks = [fetch_due(now=NOW + number * A_TICK) for number in range(7)]
    assert ticks == [1, 1, 1, 1, 1, 1, 0]
    assert Archive.asked == ["2026-03-24", *skips(2, 4, 6, 8, 10)]
    assert Paper.objects.count() == 12
    source.refresh_from_db()
    assert source.last_success_at == NOW + 5 * A_TICK
    assert SourceRun.objects.latest("started_at").error == ""
    fetch_due(now=NOW + dt.timedelta(hours=2))
    assert Archive.asked[-1] == "2026-03-29"


@pytest.mark.usefixtures("one_answer_a_run")
def test_a_source_that_catches_up_says_how_far_it_is_behind_and_does_not_fail(source):
    fetch_due(now=NOW)
    assert SourceRun.objects.get().error.startswith("Catching up, 7 days behind: ")
    assert SourceRun.objects.get().new == 2
    source.refresh_from_db()
    assert source.freshness == "fresh"
    assert not Source.objects.troubled()
    assert source.last_success_at == NOW - dt.timedelta(days=7)


def test_a_part_that_held_nothing_new_is_not_called_stale(source):
    fetch_source(source, now=NOW)
    late = NOW + dt.timedelta(days=1, hours=5)
    assert fetch_source(source, now=late, is_over=lambda: True).freshness == "fresh"
    assert fetch_source(source, now=late).freshness == "stale"


def test_a_first_harvest_is_not_called_behind(source):
    source.last_success_at = None
    assert fetch_source(source, now=NOW, is_over=lambda: True).error.startswith("Catching up: ")
    source.last_success_at = NOW - dt.timedelta(days=1)
    assert fetch_source(source, now=NOW, is_over=lambda: True).error.startswith("Catching up, 1 day behind: ")


def test_what_can_be_brought_in_time_is_brought_at_once(source):
    assert fetch_due(now=NOW) == 1
    assert len(Archive.asked) == 6
    assert SourceRun.objects.get().error == ""


@pytest.mark.usefixtures("one_answer_a_run")
def test_a_source_without_end_does_not_keep_the_others_from_their_turn(source):
    other = Source.objects.create(name="Other", kind="arxiv-oai", address="cs:cs:IR", next_fetch_at=NOW)
    assert fetch_due(now=NOW) == 1  # the time is over after the first
    assert fetch_due(now=NOW + A_TICK) == 1
    assert [run.source for run in SourceRun.objects.order_by("started_at")] == [source, other]


def test_a_worker_that_is_killed_in_a_harvest_costs_one_page_and_is_told_of(source, monkeypatch, caplog):
    def killed(body):
        if b"2603.00004" in body:
            raise SystemExit
        return arxiv_oai.parse(body)

    with monkeypatch.context() as patched:
        patched.setitem(READERS, "arxiv-oai", replace(READERS["arxiv-oai"], parse=killed))
        with pytest.raises(SystemExit):
            fetch_due(now=NOW)
    fetch_due(now=NOW + dt.timedelta(hours=3))
    assert Archive.asked == ["2026-03-24", *skips(2, 4), *skips(4, 6, 8, 10)]
    assert "arXiv failed: The worker was stopped in the middle of it." in caplog.text


def test_a_host_that_tires_in_a_harvest_is_asked_on_from_there(source):
    fetch_source(source, now=NOW, is_over=lambda: True)
    Archive.is_tired = True
    assert "does not answer now" in fetch_source(source, now=NOW).error
    assert source.freshness == "failing"
    Archive.is_tired = False
    fetch_source(source, now=NOW, is_over=lambda: True)
    assert Archive.asked == ["2026-03-24", *skips(2, 2)]
    Archive.is_tired = True
    fetch_source(source, now=NOW)
    assert source.next_fetch_at == NOW + dt.timedelta(hours=2)  # the first failure after an answer, not the second


def test_a_token_that_arxiv_knows_no_more_begins_the_harvest_anew(source):
    fetch_source(source, now=NOW, is_over=lambda: True)
    Archive.forgets = {"skip=2"}
    run = fetch_source(source, now=NOW, is_over=lambda: True)
    assert Archive.asked == ["2026-03-24", "skip=2", "2026-03-24"]
    assert run.error.startswith("Catching up")


def test_an_archive_that_refuses_even_the_beginning_is_not_asked_for_ever(source):
    Archive.forgets = {""}
    assert "badResumptionToken" in fetch_source(source, now=NOW).error
    assert len(Archive.asked) == 1


@pytest.mark.parametrize(
    ("address", "later"), [("cs:cs:CL", dt.timedelta(hours=25)), ("cs:cs:IR", A_TICK)], ids=["a day later", "another"]
)
def test_a_place_is_good_for_a_day_and_for_the_address_that_it_is_of(source, address, later):
    fetch_source(source, now=NOW, is_over=lambda: True)
    source.address = address
    fetch_source(source, now=NOW + later, is_over=lambda: True)
    assert Archive.asked[1].startswith("2026-03-2")
    assert source.place(now=NOW + later) == "skip=2"
    source.kind = "arxiv-api"
    assert source.place(now=NOW + later) == ""


# --- Where others go on -----------------------------------------------------------------------------------------


class Days:
    """Hugging Face with 130 papers on 30 March and three on each other day."""

    def __init__(self):
        self.asked = []

    def get(self, url, *, accept="*/*"):
        query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        self.asked.append((query["date"], query.get("p", "0")))
        count = {"0": 100, "1": 30}[query.get("p", "0")] if query["date"] == "2026-03-30" else 3
        return json.dumps([{"paper": {"id": "2603.00001", "title": "Evening Rivers"}}] * count).encode()


def test_hugging_face_goes_on_with_the_day_after_the_last_whole_one():
    request = Request("", since=dt.date(2026, 3, 29), until=dt.date(2026, 3, 31))
    answers = list(READERS["huggingface"].fetch(Days(), request))
    assert [answer.bookmark for answer in answers] == ["2026-03-30", "", "2026-03-31", ""]
    later = Days()
    list(READERS["huggingface"].fetch(later, replace(request, bookmark="2026-03-31")))
    assert later.asked == [("2026-03-31", "0")]


class Search:
    """arXiv's query API with 450 papers, all of today."""

    def __init__(self):
        self.asked = []

    def get(self, url, *, accept="*/*"):
        start = int(parse_qs(urlsplit(url).query)["start"][0])
        self.asked.append(start)
        entry = """<entry><id>http://arxiv.org/abs/2603.00001v1</id><title>Evening Rivers</title>
            <published>2026-03-31T08:00:00Z</published></entry>"""
        return f'<feed xmlns="http://www.w3.org/2005/Atom">{entry * min(200, 450 - start)}</feed>'.encode()


def test_a_search_goes_on_behind_the_papers_that_were_brought():
    request = Request("cat:cs.CL", since=dt.date(2026, 3, 24), until=dt.date(2026, 3, 31))
    assert [answer.bookmark for answer in READERS["arxiv-api"].fetch(Search(), request)] == ["200", "400", ""]
    later = Search()
    list(READERS["arxiv-api"].fetch(later, replace(request, bookmark="400")))
    assert later.asked == [400]
