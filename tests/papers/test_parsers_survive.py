"""Whatever bytes a source sends: records, or one `SourceError`, soon, and nothing fetched for it."""

import contextlib
import datetime as dt
import gzip
import html
import json
import socket
import time

import pytest
import test_parsers as examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from papers.ahead import lines
from papers.ingestion import ingest
from papers.sources import READERS, Record, Rejection, SourceError
from papers.text import clean, title_key

NOW = dt.datetime(2025, 7, 29, 6, tzinfo=dt.UTC)
SEEDS = [
    examples.HEAD + "One\n\n" + examples.ABSTRACT,
    examples.day_page([examples.entry()]),
    examples.ATOM.format(entries=examples.API_ENTRY),
    examples.RSS.format(items=examples.RSS_ITEM),
    examples.OAI,
    '[{"paper": {"id": "2507.00001", "title": "x", "authors": [{"name": 1}], "upvotes": 1e400}}]',
    "@article{a, title = {B}, author = {C and D}}",
    "title,authors\nA,B\n",
]
PIECES = st.sampled_from(
    [
        "<",
        ">",
        "<a>",
        "</a>",
        "<!--",
        "<![CDATA[",
        "&amp;",
        "&x;",
        "<!DOCTYPE x [",
        '"',
        "'",
        "{",
        "}",
        "[",
        "]",
        "@a{",
        "\\u",
    ]
    + [
        "\0",
        "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
        "\\ud800",
        "\n\n",
        ",",
        ";",
        "null",
        "1e999",
        "é",
    ]
)


@st.composite
def broken(draw):
    """A true answer with pieces cut out and strange ones put in."""
    text = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(0, 6))):
        at, upto = sorted((draw(st.integers(0, len(text))), draw(st.integers(0, len(text)))))
        text = text[:at] + draw(PIECES) * draw(st.integers(0, 3)) + text[min(upto, at + 40) :]
    return text.encode("utf-8", "replace")


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("a parser asked for the network")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.mark.parametrize("kind", sorted(READERS))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.one_of(broken(), st.binary(max_size=400)))
def test_any_bytes_end_in_records_or_in_a_source_error(kind, body):
    try:
        parsed = READERS[kind].parse(body)
    except SourceError:
        return
    for record in parsed.records:
        assert isinstance(record, Record)
        assert record.title
        for text in (record.title, record.abstract, *record.authors, *record.keywords):
            text.encode()
            assert "\0" not in text
            assert "\n" not in text
        title_key(clean(record.title))


LINE = json.dumps(examples.entry()).encode()


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.one_of(broken(), st.binary(max_size=400)), at=st.integers(0, len(LINE)))
def test_any_line_of_an_archive_is_a_record_or_a_rejection(body, at):
    for text in (body, LINE[:at] + body, LINE[:at] + body + LINE[at:]):
        assert isinstance(READERS["huggingface"].parse_line(text), (Record, Rejection))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(flips=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=5), cut=st.integers(0, 10_000))
def test_a_damaged_compressed_archive_ends_in_entries_and_a_source_error(tmp_path_factory, flips, cut):
    packed = bytearray(gzip.compress((LINE + b"\n") * 200, mtime=0))
    for place, value in flips:
        packed[place % len(packed)] = value
    path = tmp_path_factory.mktemp("archive") / "archive.jsonl.gz"
    path.write_bytes(packed[: max(cut % len(packed), 12)])
    with contextlib.suppress(SourceError):
        assert all(isinstance(entry, (Record, Rejection)) for entry in lines(READERS["huggingface"], path))


HOSTILE = {
    "open tags": b"<b>" * 350_000,
    "closing tags": b"<b>" * 100_000 + b"</i>" * 150_000,
    "comments": b"<!--" * 250_000,
    "less thans": b"<" * 1_000_000,
    "entities": b"&" * 1_000_000,
    "attributes": b"<a " + b"x=y " * 250_000,
    "quotes": b'<a x="' * 160_000,
    "brackets": b"[" * 1_000_000,
    "braces": b"{" * 1_000_000,
    "bibtex": b"@a{b, t = {" * 90_000,
    "lines": b"Jul 29\n\n" * 120_000,
    "titles": b"Daily Papers\n\nJul 29\n\n" + b"A title\n\n" * 110_000,
    "links": b"### [a](/papers/2507.00001)\n" * 36_000,
    "xml": b"<feed>" + b"<entry>" * 140_000,
    "laughs": b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><feed>&b;</feed>',
    "outside": b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]><feed><title>&a;</title></feed>',
    "spaces": b" \n" * 500_000,
    "declarations": b"<!" * 500_000,
    "instructions": b"<?" * 500_000,
    "cdata": b"<![CDATA[" * 110_000,
    "numbers": b"[" + b"1," * 499_999 + b"1]",
    "digits": b"9" * 1_000_000,
    "articles in articles": b"<article>" * 59_000,
    "articles behind open paragraphs": b"<p>" * 30_000 + b"<article><a href='/papers/1'>t</a></article>" * 7_500,
    "entries in round brackets": b"@a(" * 330_000,
    "fields": b"@a{b," + b"\na" * 450_000,
    "joined values": b"@a{b, title = " + b'"x" # ' * 160_000,
    "cells": b"title\n" + b"a," * 490_000,
    "rows": b"title,arxiv\n" + b"a,b\n" * 240_000,
    "wrapped pages": b"From: <Saved by Blink>\n" + b"Content-Type: multipart/mixed; boundary=a\n\n--a\n" * 21_000,
    "unbound prefixes": b"<feed>" + b"<a:b c:d='e'/>" * 70_000,
    "ids": b'[{"title": "x", "id": "' + b"a-" * 450_000 + b'"}]',
    "names": b'[{"title": "x", "authors": "' + b" " * 900_000 + b'"}]',
    "anchors": b"<html><body>Daily Papers" + b"<a href='/papers/2507.00001'>aaaa" * 29_000,
    "props": b'<div data-target="DailyPapers" data-props="' + b"[" * 900_000 + b'">',
}


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_no_megabyte_keeps_a_parser_busy(name):
    for kind, reader in READERS.items():
        started = time.process_time()
        with contextlib.suppress(SourceError):
            reader.parse(HOSTILE[name])
        assert time.process_time() - started < 2, kind


def test_a_feed_of_a_hundred_thousand_unknown_namespaces_is_refused_soon():
    begun = time.process_time()
    with pytest.raises(SourceError):
        READERS["feed"].parse(b"<rss>" + b"".join(b"<p%d:a>" % number for number in range(100_000)))
    assert time.process_time() - begun < 5


LONG = {
    "open comments": ("title", "<!--" * 25_000),
    "ids in a row": ("guid", "arxiv " + "2507.19849.." * 10_000 + "1"),
    "addresses in a title": ("title", "{ " + "http://" * 20_000),
    "addresses in an abstract": ("description", "{ " + "http://" * 7_000),
    "a name of one word": ("author", "a" * 60_000 + "1"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(LONG))
def test_no_entry_of_a_feed_holds_up_the_letters_behind_it(name):
    field, text = LONG[name]
    fields = {"title": "A title", "author": "Ada", field: html.escape(text)}
    item = "".join(f"<{tag}>{value}</{tag}>" for tag, value in fields.items())
    feed = "<rss><channel>" + f"<item>{item}</item>" * 2 + "</channel></rss>"
    begun = time.process_time()
    parsed = READERS["feed"].parse(feed.encode())
    ingest(parsed.records, kind="feed", day=NOW.date(), now=NOW, rejections=parsed.rejections)
    assert time.process_time() - begun < 2
