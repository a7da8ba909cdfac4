"""Every paper keeps a vector of the current version."""

import datetime as dt

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from papers.models import Paper, VectorModel
from papers.vectors import catch_up, from_bytes, refit, semantic
from papers.vectors.lexical import Lexicon
from papers.vectors.lsa import Lsa

NOW = dt.datetime(2025, 7, 29, 6, tzinfo=dt.UTC)
TEXTS = [(f"Robots fold laundry {n}", "arms and grippers") for n in range(15)] + [
    (f"Proteins seen by light {n}", "cells and microscopes") for n in range(15)
]


@pytest.fixture
def words_only(monkeypatch):
    """The installation without the extra, whatever is installed here."""
    monkeypatch.setattr(semantic, "PACKAGE", "no_such_package")


@pytest.fixture
def archive(db):
    return [
        Paper.objects.create(
            identity=f"title:{n}", title_key=str(n), title=title, abstract=abstract, featured_on=NOW.date()
        )
        for n, (title, abstract) in enumerate(TEXTS)
    ]


def test_papers_of_one_subject_are_near_each_other(words_only, archive):
    assert catch_up(now=NOW) == len(archive)
    vectors = np.stack([from_bytes(paper.vector) for paper in Paper.objects.order_by("pk")])
    cosines = vectors @ vectors.T
    assert cosines[:15, :15].mean() > cosines[:15, 15:].mean() + 0.3


def test_a_new_version_replaces_the_old_and_nothing_is_done_twice(words_only, archive):
    catch_up(now=NOW)
    assert catch_up(now=NOW) == 0
    later = refit(now=NOW + dt.timedelta(days=1))
    assert catch_up(now=NOW, limit=10) == 10
    assert set(Paper.objects.values_list("vector_version", flat=True)) > {later.version}
    catch_up(now=NOW)
    assert set(Paper.objects.values_list("vector_version", flat=True)) == {later.version}
    assert VectorModel.objects.count() == 1


def test_that_no_paper_waits_is_known_from_an_index(words_only, archive):
    catch_up(now=NOW)
    with CaptureQueriesContext(connection) as asked:
        assert catch_up(now=NOW) == 0
    (question,) = [query["sql"] for query in asked if '"vector_version" <' in query["sql"]]
    is_postgresql = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        if is_postgresql:  # thirty papers are soon read
            cursor.execute("SET LOCAL enable_seqscan TO off")
        cursor.execute(f"EXPLAIN {'' if is_postgresql else 'QUERY PLAN'} {question}")
        plan = str(cursor.fetchall())
    assert plan.count("papers_of_a_vector_version") == 2


def test_too_few_papers_get_no_vectors_and_no_error(words_only, db):
    assert catch_up(now=NOW) == 0


def test_a_stored_projection_gives_the_same_vectors():
    fitted = Lsa.fit(TEXTS)
    again = Lsa.from_bytes(fitted.to_bytes())
    assert np.allclose(fitted.encode(TEXTS), again.encode(TEXTS), atol=2e-3)


def test_words_are_weighted_by_rarity_and_rows_have_length_one():
    lexicon = Lexicon.fit(TEXTS)
    matrix = lexicon.encode([TEXTS[0], ("", "nothing known")])
    assert np.allclose(np.sqrt(matrix.multiply(matrix).sum(1)).ravel(), [1, 0])


@pytest.mark.skipif(not semantic.is_available(), reason="the semantic extra is not installed")
def test_sentence_vectors_know_what_words_do_not():
    one, same, other = semantic.encode(["A car on the road", "An automobile in the street", "Boiling pasta"])
    assert one @ same > one @ other + 0.3
    assert np.linalg.norm(one) == pytest.approx(1, abs=1e-5)
