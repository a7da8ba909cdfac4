"""What search finds, and what it makes of nonsense."""

import datetime as dt
import time
from random import Random

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from papers.models import Paper
from papers.search import Wish, by_author, index, matching, search, spelling, words
from tests.papers.shelf import DAY, make_paper, make_topic

pytestmark = pytest.mark.django_db


def titles(text: str, **bounds) -> list[str]:
    return [paper.title for paper in search(Wish(text, **bounds)).papers]


def test_words_are_found_in_all_their_forms_wherever_they_stand():
    make_paper(1, title="Forecasting storms")
    make_paper(2, title="A quiet sea", abstract="Nothing here forecasts a storm.")
    make_paper(3, title="A quiet harbour", abstract="Boats.")
    assert titles("forecast storm") == ["Forecasting storms", "A quiet sea"]


def test_a_phrase_in_quotes_is_found_only_as_it_stands():
    make_paper(1, title="Chain of thought in gulls")
    make_paper(2, title="A thought about a chain")
    assert titles('"chain of thought"') == ["Chain of thought in gulls"]


def test_authors_are_found_with_and_without_their_accents():
    make_paper(1, title="Ice", authors=["Zoë Möller"])
    assert titles("moller") == titles("Möller") == ["Ice"]


@pytest.mark.parametrize(
    "name", ["Nguyễn Thị Ánh", "İpek Şahin", "Łukasz Żółty", "Иван Чайковский", "がくと", "한국", "He He", "An-Do"]
)
def test_every_name_has_its_page(name):
    make_paper(1, authors=["Ada Reed", name])
    assert [paper.pk for paper in by_author(name)] == [Paper.objects.get().pk]


@pytest.mark.parametrize("typed", ["Nguyễn", "nguyen", "NGUYỄN", "Чайковский", "がくと", "한국"])
def test_names_of_every_script_are_found(typed):
    make_paper(1, title="Ice", authors=["Nguyễn Thị Ánh", "Иван Чайковский", "がくと", "한국"])
    assert titles(typed) == ["Ice"]


def test_a_name_that_is_half_an_english_word_is_found_behind_many_like_it():
    """To PostgreSQL "he" is no word."""
    make_paper(1, title="Ice", authors=["Wei He"])
    for number in range(2, 103):
        make_paper(number, authors=["Wei Lamp"])
    assert [paper.title for paper in by_author("Wei He")] == ["Ice"]


def test_topic_and_days_narrow_a_search():
    make_paper(1, title="Storm one", topics=("vision",))
    make_paper(2, title="Storm two", topics=("audio",), featured_on=DAY - dt.timedelta(days=30))
    assert titles("storm", topic=make_topic("audio")) == ["Storm two"]
    assert titles("storm", first=DAY) == ["Storm one"]
    assert titles("storm", last=DAY - dt.timedelta(days=1)) == ["Storm two"]


@pytest.mark.parametrize("longest", [0, 3, 1_000])
def test_days_narrow_a_search_alike_whichever_way_is_the_shorter(longest, monkeypatch):
    monkeypatch.setattr(matching, "LONGEST_LIST", longest)
    for number in range(8):
        # Not quite in the order of their days.
        make_paper(number, title=f"Storm {number}", featured_on=DAY + dt.timedelta(days=number ^ 1))

    def days(**bounds):
        return {paper.featured_on for paper in search(Wish("storm", **bounds)).papers}

    every = {DAY + dt.timedelta(days=number) for number in range(8)}
    for number in range(-1, 9):
        day = DAY + dt.timedelta(days=number)
        assert days(first=day) == {one for one in every if one >= day}
        assert days(last=day) == {one for one in every if one <= day}
        later = day + dt.timedelta(days=2)
        assert days(first=day, last=later) == {one for one in every if day <= one <= later}


def test_the_newest_come_first_when_asked_for():
    make_paper(1, title="Storm storm storm", featured_on=DAY - dt.timedelta(days=1))
    make_paper(2, title="Sea", abstract="A storm far out.")
    assert titles("storm", newest=True) == ["Sea", "Storm storm storm"]


@pytest.mark.parametrize("slip", ["lighthuose", "lighthouze", "ligthouse", "lighthousee"])
def test_a_slip_of_the_keys_is_forgiven(slip):
    make_paper(1, title="Lighthouse")
    found = search(Wish(slip))
    assert found.corrected == "lighthouse"
    assert [paper.title for paper in found.papers] == ["Lighthouse"]


def test_what_changes_or_goes_changes_in_the_index():
    paper = make_paper(1, title="Anemometer")
    Paper.objects.filter(pk=paper.pk).update(title="Barograph")
    assert titles("anemometer") == []
    assert titles("barograph") == ["Barograph"]
    Paper.objects.filter(pk=paper.pk).update(is_hidden=True)
    assert titles("barograph") == []
    paper.delete()
    assert titles("barograph") == []


def test_an_index_that_lost_its_triggers_is_filled_anew():
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL has no index table that its triggers fill")
    with connection.cursor() as cursor:
        for name in index.SQLITE_TRIGGERS:
            cursor.execute(f"DROP TRIGGER {name}")
    make_paper(1, title="Unseen")
    assert titles("unseen") == []
    index.ensure(connection)
    assert titles("unseen") == ["Unseen"]


def test_papers_learned_by_an_older_rule_are_learned_anew():
    if connection.vendor != "postgresql":
        pytest.skip("SQLite folds by itself")
    old = "NEW.search := to_tsvector('english', translate(NEW.authors::text, 'á', 'a')); RETURN NEW;"
    with connection.cursor() as cursor:
        cursor.execute(
            f"""CREATE OR REPLACE FUNCTION papers_search_learn() RETURNS trigger LANGUAGE plpgsql
            AS $$ BEGIN {old} END $$"""
        )
    make_paper(1, title="Ice", authors=["Nguyễn Thị Ánh"])
    assert titles("nguyen") == []
    index.ensure(connection)
    assert titles("nguyen") == ["Ice"]


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_answered(text):
    search(Wish(text))


@given(st.text())
def test_no_operator_is_left_in_a_term(text):
    for term in words.terms(text):
        assert term.replace(" ", "").isalnum()


def test_every_slip_is_counted_once():
    assert spelling.slips_between("lamp", "lamp") == 0
    assert spelling.slips_between("lamp", "lmap") == 1
    assert spelling.slips_between("lamp", "lam") == 1
    assert spelling.slips_between("", "lamp") == 4


def test_the_page_says_what_it_searched_in_place_of_the_slip(client):
    make_paper(1, title="Lighthouse")
    page = client.get("/search/?q=lighthuose").text
    assert "Nothing for “lighthuose”" in page
    assert "<strong>lighthouse</strong>" in page


def test_a_filter_that_cannot_be_read_is_marked(client):
    answer = client.get("/search/?q=x&since=yesterday&topic=nothing")
    assert answer.status_code == 400
    assert answer.text.count('class="errors"') == 2
    assert client.get("/search/atom/?q=x&since=yesterday").status_code == 400


def test_results_are_turned_page_by_page(client):
    for number in range(1, 46):
        make_paper(number)
    first, last = client.get("/search/?q=lighthouse").text, client.get("/search/?q=lighthouse&page=3").text
    assert "45 papers." in first
    assert first.count('class="paper"') == 20
    assert last.count('class="paper"') == 5
    assert 'rel="next"' not in last


def test_a_query_made_to_be_slow_is_not():
    """Every word is compared with every other of the same letters: it took ten seconds."""
    random = Random(1)
    known = {"".join(random.choices("aeioulnrst", k=10)): 1 for _ in range(20_000)}
    query = " ".join("".join(random.sample("aeioulnrst", 10)) for _ in range(12))
    begun = time.process_time()
    spelling.correct(query, known)
    assert time.process_time() - begun < 2


def test_slips_in_long_words_and_in_other_letters_are_found():
    known = {"transformer": 3, "диффузия": 2, "λόγος": 1}
    assert spelling.correct("trnasfomer", known) == "transformer"
    assert spelling.correct("дифузия", known) == "диффузия"
    assert spelling.nearest("lamp", known) is None
    assert spelling.slips_between("transformer", "trnasfomer", most=2) == 2
    assert spelling.slips_between("transformer", "lamp", most=2) > 2
