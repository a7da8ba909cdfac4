"""The evaluation on an invented data set: three subjects, readers of one each."""

import csv
import gzip
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from papers.vectors import semantic

SUBJECTS = ["coral reef", "steam engine", "violin string"]


@pytest.fixture
def data_set(tmp_path: Path) -> Path:
    papers = [{"id": f"p{n}", "title": f"{SUBJECTS[n % 3]} study {n}", "abstract": ""} for n in range(60)]
    cold = [paper["id"] for paper in papers[45:]]
    history = [(f"r{r}", f"p{n}") for r in range(12) for n in range(45) if n % 3 == r % 3 and (n // 3 + r // 3) % 2]
    heldout = [(f"r{r}", f"p{n}") for r in range(12) for n in range(45, 60) if n % 3 == r % 3]
    slate = {
        "slate": "s1",
        "reader": "r0",
        "follows": ["coral reef"],
        "read": ["p0", "p6"],
        "candidates": [{"id": pk, "upvotes": n % 4} for n, pk in enumerate(cold)],
        "relevant": ["p45", "p48", "p51"],
        "clicks": 2,
        "hard": False,
    }
    _write_lines(tmp_path / "papers.jsonl.gz", [json.dumps(paper) for paper in papers])
    _write_lines(tmp_path / "slates.jsonl.gz", [json.dumps(slate)])
    _write_table(tmp_path / "history.csv.gz", ["reader", "paper"], history)
    _write_table(tmp_path / "heldout.csv.gz", ["reader", "paper"], heldout)
    _write_table(tmp_path / "cold.csv.gz", ["paper"], [[pk] for pk in cold])
    return tmp_path


def _write_lines(path: Path, lines: list[str]) -> None:
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.write("\n".join(lines))


def _write_table(path: Path, head: list[str], rows: list) -> None:
    with gzip.open(path, "wt", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([head, *rows])


def test_one_line_of_json_has_the_rankers_the_baselines_and_the_cost(data_set, capsys, settings, tmp_path):
    settings.VAR_DIR = tmp_path / "var"
    call_command("evaluate_ranking", data_set, "--json")
    (line,) = capsys.readouterr().out.splitlines()
    figures = json.loads(line)
    assert set(figures) - {"semantic"} == {"lexical", "baselines", "seconds", "rss_mb"}
    assert ("semantic" in figures) == semantic.is_available()
    assert figures["lexical"]["recall@20"] == 1
    assert figures["lexical"]["ndcg@10"] > figures["baselines"]["random"]["ndcg@10"]
    assert figures["lexical"]["slates"]["easy"]["2"]["hit@10"] == 1


def test_parts_that_a_data_set_lacks_are_left_out(data_set, capsys, settings, tmp_path):
    settings.VAR_DIR = tmp_path / "var"
    (data_set / "slates.jsonl.gz").unlink()
    call_command("evaluate_ranking", data_set, "--json")
    figures = json.loads(capsys.readouterr().out)
    assert "slates" not in figures["lexical"]
    assert "recall@100" in figures["baselines"]["tfidf"]


def test_sentence_vectors_are_made_once(data_set, settings, tmp_path, capsys):
    if not semantic.is_available():
        pytest.skip("the extra is not installed")
    settings.VAR_DIR = tmp_path / "var"
    call_command("evaluate_ranking", data_set, "--json")
    first = capsys.readouterr()
    call_command("evaluate_ranking", data_set, "--json")
    second = capsys.readouterr()
    assert "encoded 15 of 15 texts" in first.err
    assert "encoded" not in second.err
    assert json.loads(first.out)["semantic"] == json.loads(second.out)["semantic"]


def test_a_data_set_of_three_papers_and_no_words_is_measured(tmp_path, capsys, settings):
    settings.VAR_DIR = tmp_path / "var"
    papers = [{"id": 1, "title": "violin string"}, {"id": 2, "title": None, "abstract": ""}, {"id": 3, "title": "reef"}]
    _write_lines(tmp_path / "papers.jsonl.gz", [json.dumps(paper) for paper in papers])
    _write_table(tmp_path / "cold.csv.gz", ["paper"], [["2"], ["3"]])
    _write_table(tmp_path / "heldout.csv.gz", ["reader", "paper"], [["r1", "3"]])
    candidates = [{"id": 2}, {"id": 3, "upvotes": 1}]
    slate = {"slate": "s", "reader": "r1", "read": [], "candidates": candidates, "clicks": 0, "hard": True}
    slates = [slate | {"relevant": [3]}, slate | {"relevant": []}, slate | {"relevant": [2], "read": [1], "clicks": 1}]
    _write_lines(tmp_path / "slates.jsonl.gz", [json.dumps(slate) for slate in slates])
    call_command("evaluate_ranking", tmp_path, "--json")
    measured = json.loads(capsys.readouterr().out)["lexical"]
    assert measured["recall@20"] == 1
    # The slate with nothing right in it is left out; the two others share a name and are still two.
    assert set(measured["slates"]["hard"]) == {"0", "1"}
    assert measured["slates"]["hard"]["0"] == {"ndcg@10": 1.0, "p@10": 0.1, "hit@10": 1.0}


def test_a_slate_that_offers_a_paper_of_the_archive_is_refused(data_set):
    _write_table(data_set / "cold.csv.gz", ["paper"], [["p59"]])
    with pytest.raises(CommandError, match=r"The slate s1 .* cold\.csv\.gz"):
        call_command("evaluate_ranking", data_set)


def test_a_folder_without_papers_is_refused_with_a_hint(tmp_path):
    with pytest.raises(CommandError, match="holds no papers"):
        call_command("evaluate_ranking", tmp_path)
