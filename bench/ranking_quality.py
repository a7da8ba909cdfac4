"""Is the ranker above the published rows: python bench/ranking_quality.py FIGURES.json DATASET/README.md

FIGURES.json is the line of `manage.py evaluate_ranking DATASET --json`; the README holds the reference rows as tables
(`| ranker | R@20 …` and `| ranker | easy 0 …`, one table a measure). Prints every cell beside the row that it must
exceed, and ends with 1 when one does not.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

MEASURES = {"R": "recall", "N": "ndcg", "P": "precision", "H": "hit"}
# Which reference rows each ranker must exceed.
ABOVE = {"semantic": ["vectors (reference)", "upvotes"], "lexical": ["tfidf", "tfidf+follows+upvotes", "upvotes"]}
Cells = dict[str, float]


def reference_rows(readme: str) -> dict[str, Cells]:
    """Return {ranker: {cell: value}}; cells are "recall@20", "ndcg@10 hard 0" and the like."""
    found: dict[str, Cells] = {}
    measure, columns = "", []
    for line in readme.splitlines():
        if heading := re.match(r"Slates, (\w@\d+)", line):
            measure = renamed(heading[1], "p")
        cells = [cell.strip() for cell in line.strip("| ").split("|")]
        if cells[0] == "ranker":
            columns = [renamed(c) if "@" in c else f"{measure} {c}" for c in cells[1:]]
        elif line.startswith("| ") and not cells[0].startswith("---") and len(cells) == len(columns) + 1:
            numbers = {c: float(v) for c, v in zip(columns, cells[1:], strict=True) if re.fullmatch(r"[\d.]+", v)}
            found.setdefault(cells[0], {}).update(numbers)
    return found


def renamed(measure: str, precision: str = "precision") -> str:
    kind, depth = measure.split("@")
    return f"{precision if kind == 'P' else MEASURES.get(kind, kind)}@{depth}"


def cells_of(figures: dict) -> Cells:
    flat = {name: value for name, value in figures.items() if name != "slates"}
    for hardness, clicks in figures.get("slates", {}).items():
        flat |= {f"{m} {hardness} {n}": v for n, measures in clicks.items() for m, v in measures.items()}
    return flat


def compared(figures: dict, rows: dict[str, Cells]) -> Iterator[tuple[bool, str]]:
    for ranker, others in ABOVE.items():
        ours = cells_of(figures.get(ranker, {}))
        for cell, value in sorted(ours.items()):
            bars = {row: rows[row][cell] for row in others if cell in rows.get(row, {})}
            if bars:
                bar = max(bars, key=bars.__getitem__)
                yield value > bars[bar], f"{ranker:9} {cell:18} {value:.4f}  {bar} {bars[bar]:.4f}"


if __name__ == "__main__":
    result = list(compared(json.loads(Path(sys.argv[1]).read_text()), reference_rows(Path(sys.argv[2]).read_text())))
    print("\n".join(f"{'above' if good else 'BELOW'}  {line}" for good, line in result))
    print(f"{sum(good for good, _ in result)} of {len(result)} cells above")
    sys.exit(not result or not all(good for good, _ in result))
