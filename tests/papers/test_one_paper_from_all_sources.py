"""The same papers from every kind of source, in any order: each is one paper, and its links lead to it."""

import datetime as dt
import html
import json
import random

import pytest
from test_parsers import ABSTRACT, ATOM, HEAD, RSS, day_page

from papers.importing import import_papers
from papers.models import Paper

NOW = dt.datetime(2025, 7, 30, 9, tzinfo=dt.UTC)
# As Hugging Face writes the title, and as arXiv does.
PAPERS = [
    ("2507.00001", "LeC$^2$O: Rivers & Lakes", "LeC$^2$O: Rivers & Lakes"),
    ("2507.00002", "G_{stack} of textit{Ponds}", "$G_{stack}$ of \\textit{Ponds}"),
    ("2507.00003", "The Frechet Brook", "The Fr\\'echet Brook"),
]
ITEM = "<item><title>{t}</title><link>{link}</link><description>{a}</description></item>"
OAI_RECORD = """<record><header><identifier>oai:arXiv.org:{i}</identifier></header><metadata><arXiv><id>{i}</id>
<title>{t}</title><abstract>{a}</abstract></arXiv></metadata></record>"""


def joined(form, *, title=1, escape=html.escape):
    return "".join(
        form.format(i=i, t=escape((h, x)[title]), a=ABSTRACT, link=f"https://arxiv.org/abs/{i}v2") for i, h, x in PAPERS
    )


def as_is(text):
    return text


def forms():
    entries = [{"paper": {"id": i, "title": h, "summary": ABSTRACT}} for i, h, _ in PAPERS]
    entry = "<entry><id>http://arxiv.org/abs/{i}v1</id><title>{t}</title><summary>{a}</summary></entry>"
    announced = ITEM.replace("{a}", "arXiv:{i}v1 Announce Type: new\nAbstract: {a}")
    return [
        ("huggingface", json.dumps(entries)),
        ("huggingface-page", day_page(entries)),
        ("saved-page", HEAD + joined("{t}\n\n{a}\n\n", title=0, escape=as_is)),
        ("saved-page", HEAD + joined("### [{t}](/papers/{i})\n\n{a}\n\n", title=0, escape=as_is)),
        ("arxiv-api", ATOM.format(entries=joined(entry))),
        ("arxiv-feed", RSS.format(items=joined(announced))),
        ("arxiv-oai", f"<OAI-PMH><ListRecords>{joined(OAI_RECORD)}</ListRecords></OAI-PMH>"),
        ("feed", RSS.format(items=joined(ITEM))),
        ("feed", RSS.format(items=joined(ITEM.replace("{link}", "https://blog.example/{i}")))),
        ("bibtex", joined("@misc{{x, title = {{{t}}}, doi = {{10.48550/arXiv.{i}}}}}\n", escape=as_is)),
        ("csv", "title,url\n" + joined('"{t}",https://huggingface.co/papers/{i}\n', escape=as_is)),
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(6))
def test_each_is_one_paper_in_whatever_order_the_sources_tell_of_it(tmp_path, seed):
    told = forms()
    random.Random(seed).shuffle(told)
    for kind, text in told:
        path = tmp_path / "answer.txt"
        path.write_text(text)
        tally = import_papers(str(path), kind=kind, day=None, now=NOW, on_progress=lambda tally: None)
        assert tally.rejected == 0
    papers = Paper.objects.order_by("arxiv_id")
    assert [(paper.arxiv_id, paper.is_hidden) for paper in papers] == [(i, False) for i, _, _ in PAPERS]
    assert [paper.title for paper in papers] == ["LeC²O: Rivers & Lakes", "G_stack of Ponds", "The Fréchet Brook"]
    assert {paper.url for paper in papers} == {f"https://arxiv.org/abs/{i}" for i, _, _ in PAPERS}
