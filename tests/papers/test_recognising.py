"""What a file is that nobody named."""

import json

import pytest
from test_first_import import ABSTRACT, TITLE, page
from test_parsers import API_ENTRY, ARTICLE, ATOM, FEED_ENTRY, OAI, OTHER_FEED, RSS, RSS_ITEM, day_page, entry

from papers.sources import READERS, SourceError
from papers.sources.recognising import UNKNOWN, recognise

ANSWER = ATOM.format(entries=API_ENTRY).replace(
    "<id>x</id>", "<id>http://arxiv.org/api/cHxbiOdZaP56ODnBPIenZhzg5f8</id>"
)
FEED = ATOM.format(entries=FEED_ENTRY.format(n=1, v=1, kind="new")).replace("<id>x</id>", "<id>rss.arxiv.org/atom</id>")
LINKED = f"### [{TITLE}](https://huggingface.co/papers/2507.00001)\n\n{ABSTRACT}\n\n"
WRAPPED = f"From: <Saved by Blink>\nMIME-Version: 1.0\nContent-Type: text/html\n\n{day_page([entry()])}"
CITATION = '<!doctype html><html><head><meta name="citation_title" content="Rivers"></head><body>Rivers</body></html>'
FILES = [
    ("huggingface", json.dumps([entry()])),
    ("huggingface", "\n".join([json.dumps(entry())] * 2)),
    ("huggingface-page", day_page([entry()])),
    ("huggingface-page", f"<html><body>{ARTICLE.format(n=1, abstract=ABSTRACT)}</body></html>"),
    ("arxiv-api", ANSWER),
    ("arxiv-feed", FEED),
    ("arxiv-feed", RSS.format(items=RSS_ITEM)),
    ("arxiv-oai", OAI),
    ("saved-page", page((TITLE, ABSTRACT), ("A Second Study of Rivers", ABSTRACT))),
    ("saved-page", LINKED),
    ("saved-page", LINKED.removeprefix("### ")),  # begins as JSON does
    ("saved-page", WRAPPED),
    ("feed", OTHER_FEED),
    ("feed", RSS.format(items=RSS_ITEM + OTHER_FEED[OTHER_FEED.index("<item>") : OTHER_FEED.index("</channel>")])),
    ("bibtex", "% my list\n@article{a, title = {Evening, Rivers}, url = {https://arxiv.org/abs/2507.00001}}"),
    ("csv", "title,url\nEvening Rivers,https://arxiv.org/abs/2507.00001\n"),
    ("csv", "\ufefftitle;url\r\nEvening Rivers;https://arxiv.org/abs/2507.00001\r\n".encode("utf-16")),
    ("paper", CITATION),
]


def encoded(text):
    return text if isinstance(text, bytes) else text.encode()


@pytest.mark.parametrize(("kind", "file"), FILES)
def test_a_file_is_known_by_what_is_in_it(kind, file):
    assert recognise(encoded(file)) == kind


def test_every_form_is_recognised():
    assert {kind for kind, _file in FILES} == READERS.keys()


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("Dear diary, nothing came today.", UNKNOWN),
        ("<html><body><p>A shop of shoes</p></body></html>", UNKNOWN),
        (" \n", "The file is empty"),
        (b"PK\x03\x04\0\0", "no text but a picture or an archive"),
        ('<!DOCTYPE rss [<!ENTITY a "b">]><rss><channel/></rss>', "declares entities of its own"),
        (ATOM.format(entries="<entry><id>http://arxiv.org/api/errors#1</id></entry>"), "arXiv answered with an error"),
    ],
)
def test_what_is_no_file_of_papers_is_refused_with_what_all_readers_object_to(file, said):
    with pytest.raises(SourceError) as refusal:
        recognise(encoded(file))
    assert said in str(refusal.value)
