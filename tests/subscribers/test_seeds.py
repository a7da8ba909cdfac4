"""What is read from pasted arXiv links and BibTeX."""

import datetime as dt
import time

import pytest

from papers.models import Paper, Topic
from subscribers.signup import Seeds, Wanted

BIBTEX = """
@article{one,
  title = {Listening {Machines} for
           Quiet Rooms},
  author = {Lovelace, Ada and Grace Hopper and others},
  keywords = {acoustics, hearing},
  eprint = {2401.00001v2}
}
@inproceedings{two, title={Robots that Fold}, author={Ada Lovelace and Turing, Alan}, keywords="folding; acoustics"}
"""


def test_bibtex_gives_titles_and_those_who_come_twice():
    seeds = Seeds.read(BIBTEX)
    assert seeds.titles == ("Listening Machines for Quiet Rooms", "Robots that Fold")
    assert seeds.arxiv_ids == ("2401.00001",)
    assert seeds.authors == ("Ada Lovelace",)
    assert seeds.keywords == ("acoustics",)


def test_arxiv_ids_are_found_in_links_of_any_shape():
    text = (
        "https://arxiv.org/abs/2507.19849v3 arxiv.org/pdf/2507.19850 arXiv:2507.19849 cs/0112017 10.1145/3397271.3401"
    )
    assert Seeds.read(text).arxiv_ids == ("2507.19849", "2507.19850", "cs/0112017")


def test_other_text_is_no_seed():
    assert not Seeds.read("I like robots, 3.14159 and 192.168.1.1")


HOSTILE = ["\n" * 500_000, "@" + "title={" * 70_000, "a-" * 250_000, "9" * 500_000, '@title="' * 60_000]


@pytest.mark.parametrize("text", HOSTILE, ids=["lines", "braces", "dashes", "digits", "quotes"])
def test_a_megabyte_of_anything_is_read_in_one_go(text):
    """A pattern that runs away would take hours here."""
    assert Seeds.read(text).authors == ()


@pytest.mark.django_db
def test_known_papers_speak_by_their_topics_and_unknown_ones_by_their_titles():
    Topic.objects.all().delete()
    sound = Topic.objects.create(slug="sound", name="Sound")
    Topic.objects.create(slug="robots", name="Robots", phrases=["robot"])
    names = {"identity": "arxiv:2401.00001", "arxiv_id": "2401.00001", "title_key": "x"}
    paper = Paper.objects.create(title="Listening", featured_on=dt.date(2026, 1, 1), **names)
    paper.paper_topics.create(topic=sound)
    wanted = Wanted(topics=("robots",), authors=("Grace Hopper",)).with_seeds(Seeds.read(BIBTEX))
    assert set(wanted.topics) == {"robots", "sound"}
    assert wanted.authors == ("Grace Hopper", "Ada Lovelace")


@pytest.mark.parametrize("field", ["title={" + "&amp;" * 190, "title={" + r"$\frac{a}{" * 90, "title={"])
def test_a_library_of_open_brackets_is_read_soon(field):
    begun = time.process_time()
    Seeds.read(("@a\n" + f"{field}\n" * (1_000_000 // len(field)))[:1_000_000])
    assert time.process_time() - begun < 1.5
