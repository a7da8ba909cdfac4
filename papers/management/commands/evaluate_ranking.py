"""manage.py evaluate_ranking DIR: how good the ranker is on libraries of real readers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from papers.evaluating import evaluate
from papers.evaluating.dataset import BadDataSet


class Command(BaseCommand):
    help = "Rank a data set of readers and papers with the production ranker and print how good it was."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("directory", type=Path, help="a data set in the format of docs/ranking.md")
        parser.add_argument("--json", action="store_true", help="print one line of JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            memory = settings.VAR_DIR / "evaluation"
            result = evaluate(options["directory"], memory=memory, say=lambda line: self.stderr.write(line))
        except BadDataSet as error:
            raise CommandError(str(error)) from error
        self.stdout.write(json.dumps(result) if options["json"] else "\n".join(_tables(result)))


def _tables(result: dict[str, Any]) -> list[str]:
    rankers = {name: result[name] for name in ("semantic", "lexical") if name in result} | result["baselines"]
    lines: list[str] = []
    columns = ["recall@20", "recall@50", "recall@100", "ndcg@10", "ndcg@20", "precision@20"]
    if any("recall@20" in found for found in rankers.values()):
        rows = {name: [found[column] for column in columns] for name, found in rankers.items() if columns[0] in found}
        lines += _table("heldout reads", columns, rows)
    cells = [(h, n) for h, clicks in rankers["random"].get("slates", {}).items() for n in clicks]
    for measure in ("ndcg@10", "p@10", "hit@10") if cells else ():
        rows = {name: [found["slates"][h][n][measure] for h, n in cells] for name, found in rankers.items()}
        lines += _table(f"slates, {measure}", [f"{h} {n}" for h, n in cells], rows)
    return [*lines, "", f"{result['seconds']} s, {result['rss_mb']} MB"]


def _table(name: str, columns: list[str], rows: dict[str, list[float]]) -> list[str]:
    head = f"{name:16}" + "".join(f"{column:>13}" for column in columns)
    return ["", head, *(f"{row:16}" + "".join(f"{value:13.4f}" for value in values) for row, values in rows.items())]
