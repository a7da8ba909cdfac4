"""What a paper is about, and how we know that we find it."""

import gzip
import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from papers.management.commands.evaluate_topics import read_archive, slugs_of
from papers.sources import READERS
from papers.starting import SHIPPED
from papers.topics import Classifier, TopicRule
from papers.topics.quality import Label, measure, read_labels

GOLD = Path(__file__).parent / "gold" / "topics.txt"


def shipped():
    topics = json.loads((SHIPPED / "topics.json").read_text())
    return Classifier(TopicRule(topic["slug"], topic["phrases"], topic["arxiv_hints"]) for topic in topics)


def found(phrases, title, abstract="", **evidence):
    verdicts = Classifier([TopicRule("it", phrases.split("|"), ["cs.RO"])]).classify(title, abstract, **evidence)
    return bool(verdicts)


@pytest.mark.parametrize(
    ("phrases", "title", "is_found"),
    [
        ("scaling law", "On Scaling Laws", True),
        ("pre-training", "Pretraining of rivers and pre training", True),
        ("interpretab*", "An Interpretability Study", True),
        ("SLAM", "Slam Poetry", False),
        ("SLAM", "SLAM Poetry", False),
        ("SLAM|mapping", "SLAM and Mapping", True),
        ("memory", "GPU Memory", True),
        ("memory|!GPU memory", "GPU Memory", False),
        ("~memory", "Memory", False),
        ("introduce ... benchmark", "We introduce a rather new benchmark", True),
        ("introduce ... benchmark", "We introduce a b c d e f g h i benchmark", False),
        ("quantisation", "Quantization", True),
    ],
)
def test_a_phrase_means_what_its_signs_say(phrases, title, is_found):
    assert found(phrases, title) is is_found


def test_a_phrase_for_titles_says_nothing_in_an_abstract():
    assert found("^dataset", "A Dataset")
    assert not found("^dataset", "Rivers", "We use a dataset. The dataset is large.")


def test_a_category_is_evidence_and_a_broad_one_is_none():
    assert found("arm", "Rivers", categories=["cs.RO"])
    rule = Classifier([TopicRule("it", ["arm"], ["cs.LG"])])
    assert rule.classify("Rivers", categories=["cs.LG"]) == []


def test_a_paper_has_three_topics_at_most_and_the_surest_stands_first():
    rules = [TopicRule(name, [name, f"{name} study"]) for name in ("rivers", "lakes", "ponds", "seas")]
    verdicts = Classifier(rules).classify(
        "Rivers, Lakes, Ponds, Seas", "On rivers, lakes, ponds, a seas study of seas."
    )
    assert len(verdicts) == 3
    assert verdicts[0].slug == "seas"
    assert [verdict.confidence for verdict in verdicts] == sorted((v.confidence for v in verdicts), reverse=True)


def test_precision_and_recall_are_counted_and_accepted_topics_are_neither():
    labels = read_labels("# a remark\n1 a b / c\n2 a\n")
    assert labels[0] == Label("1", frozenset("ab"), frozenset("c"))
    figures = measure(labels, {"1": ["a", "c"], "2": ["b"]})
    assert (figures.by_topic["a"].right, figures.by_topic["a"].absent) == (1, 1)
    assert figures.by_topic["b"].f1 == 0
    assert measure(labels, {"1": ["a", "b", "c"], "2": ["a"]}).macro_f1 == 1


def test_the_gold_set_holds_labels_of_200_papers_and_no_text():
    labels = read_labels(GOLD.read_text())
    slugs = {topic["slug"] for topic in json.loads((SHIPPED / "topics.json").read_text())}
    assert len({label.arxiv_id for label in labels}) == len(labels) >= 200
    assert {slug for label in labels for slug in label.topics | label.accepted} <= slugs
    assert {slug for label in labels for slug in label.topics} == slugs
    assert all(1 <= len(label.topics) <= 3 for label in labels)


@pytest.mark.slow
def test_topics_are_found_as_people_label_them(shared_data):
    classifier, papers = shipped(), read_archive(shared_data / "hf" / "archive_8036.jsonl.gz")
    labels = read_labels(GOLD.read_text())
    figures = measure(labels, {label.arxiv_id: slugs_of(classifier, papers[label.arxiv_id]) for label in labels})
    assert figures.macro_f1 >= 0.80
    untagged = [record for record in papers.values() if not slugs_of(classifier, record)]
    assert len(untagged) <= 0.08 * len(papers)
    page = READERS["saved-page"].parse((shared_data / "daily-papers-page.txt").read_bytes()).records
    assert len([record for record in page if not slugs_of(classifier, record)]) <= 0.12 * len(page)


@pytest.mark.django_db
def test_without_the_texts_the_evaluation_says_that_it_was_skipped(tmp_path):
    out = StringIO()
    call_command("evaluate_topics", texts=tmp_path, stdout=out)
    assert "Skipped" in out.getvalue()


@pytest.mark.django_db
def test_the_evaluation_prints_each_topic(tmp_path):
    (tmp_path / "hf").mkdir()
    entry = {"id": "2507.00001", "title": "Dense Retrieval", "summary": "On retrieval."}
    with gzip.open(tmp_path / "hf" / "archive_8036.jsonl.gz", "wt") as file:
        file.write(json.dumps(entry))
    labels, out = tmp_path / "labels.txt", StringIO()
    labels.write_text("2507.00001 rag\n")
    call_command("evaluate_topics", texts=tmp_path, labels=labels, stdout=out)
    assert "macro F1 1.000" in out.getvalue()
