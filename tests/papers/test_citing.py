"""Papers for whoever cites them."""

import pytest

from papers import citing
from papers.sources import READERS
from papers.text import clean
from tests.papers.shelf import make_paper

pytestmark = pytest.mark.django_db


def test_what_is_cited_here_is_read_here():
    paper = make_paper(
        title="R&D at 100% of dusk: a snake_case ~ C# for $5", doi="10.5555/dusk_1", organization="Coast"
    )
    read = READERS["bibtex"].parse(citing.bibtex([paper]).encode()).records  # cleaned when they are ingested
    assert [(clean(each.title), list(each.authors), each.arxiv_id, each.doi) for each in read] == [
        (paper.title, paper.authors, paper.arxiv_id, paper.doi)
    ]


def test_an_entry_says_to_tex_what_would_mean_something_to_it():
    entry = citing.bibtex([make_paper(title=r"The {R&D} of 5% \input", url="https://coast.example/a_b?c=1&d=2")])
    assert r"title = {The R\&D of 5\% input}" in entry
    assert "url = {https://coast.example/a_b?c=1&d=2}" in entry


def test_no_two_papers_of_a_file_have_one_key():
    entries = citing.bibtex([make_paper(number) for number in (1, 2, 3)])
    keys = [line for line in entries.splitlines() if line.startswith("@")]
    assert keys[0] == "@misc{lamp2025,"
    assert len(set(keys)) == 3


def test_a_paper_of_nobody_has_a_key_and_its_organization():
    assert "@misc{paper2025,\n" in (entry := citing.bibtex([make_paper(authors=[], organization="Coast & Sons")]))
    assert r"author = {Coast \& Sons}" in entry


def test_ris_names_authors_last_name_first_and_keeps_each_field_on_its_line():
    paper = make_paper(title="Dusk\nER  - ", authors=["Ada B. Lamp", "Wick, Bo", "Plato"], doi="10.5555/dusk")
    lines = citing.ris([paper]).split("\r\n")
    assert lines[0] == "TY  - UNPB"
    assert [line for line in lines if line.startswith("AU")] == ["AU  - Lamp, Ada B.", "AU  - Wick, Bo", "AU  - Plato"]
    assert "TI  - Dusk ER -" in lines
    assert "DO  - 10.5555/dusk" in lines
    assert [line for line in lines if line.startswith("ER")] == ["ER  - "]


@pytest.mark.parametrize(("form", "start"), [("bibtex", "@misc{lamp2025,"), ("ris", "TY  - UNPB")])
def test_a_paper_is_handed_out_as_a_file_that_its_page_offers(client, form, start):
    paper = make_paper()
    address = f"/paper/{paper.pk}/{form}/"
    assert f'href="{address}"' in client.get(paper.get_absolute_url()).text
    answer = client.get(address)
    assert answer.text.startswith(start)
    assert answer["Content-Disposition"].startswith(f'attachment; filename="paper-{paper.pk}.')


def test_a_hidden_paper_is_cited_by_nobody(client):
    assert client.get(f"/paper/{make_paper(is_hidden=True).pk}/bibtex/").status_code == 404
