"""One evaluation: the ranker with and without sentence vectors, beside the baselines."""

from __future__ import annotations

import resource
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from papers.evaluating import measures
from papers.evaluating.dataset import DataSet, load
from papers.evaluating.rankers import Centroid, Production, Random, Upvotes
from papers.evaluating.vectors import Kept
from papers.vectors import semantic

Measures = dict[str, Any]


def evaluate(folder: Path, *, memory: Path, say: Callable[[str], None] = lambda line: None) -> dict[str, Any]:
    """Return the figures of the data set in `folder`, as `manage.py evaluate_ranking --json` prints them.

    Sentence vectors are kept in the folder `memory`. Raises BadDataSet. `say` is told what goes on. Seconds are of the
    whole run, memory the peak of this process."""
    start = time.monotonic()
    data = load(folder)
    result: dict[str, Any] = {}
    if semantic.is_available():
        say(f"encoding {len(data.texts):,} papers and ranking with sentence vectors")
        result["semantic"] = _measure(data, Production(data, Kept(memory, say=say).encode), say)
    say("ranking by words alone")
    result["lexical"] = _measure(data, Production(data, None), say)
    say("baselines")
    baselines = {"random": Random(data), "upvotes": Upvotes(), "tfidf": Centroid(data)}
    result["baselines"] = {name: _measure(data, ranker, say) for name, ranker in baselines.items()}
    return result | {"seconds": round(time.monotonic() - start, 1), "rss_mb": _peak_mb()}


def _measure(data: DataSet, ranker: Any, say: Callable[[str], None]) -> Measures:
    found: Measures = {}
    if data.heldout and hasattr(ranker, "of_readers"):
        readers = sorted(data.heldout)
        rows = zip(ranker.of_readers(readers), readers, strict=True)
        found |= measures.mean([measures.of_heldout(ranked, data.heldout[reader]) for ranked, reader in rows])
        say(f"  recall@100 {found['recall@100']:.4f}, ndcg@10 {found['ndcg@10']:.4f}")
    if data.situations:
        found["slates"] = _slates(data, ranker)
        for hardness, cells in found["slates"].items():
            say(
                f"  {hardness} slates, ndcg@10 " + ", ".join(f"{n}: {cell['ndcg@10']:.3f}" for n, cell in cells.items())
            )
    return found


def _slates(data: DataSet, ranker: Any) -> dict[str, dict[str, Measures]]:
    groups: dict[tuple[str, int], list[Measures]] = defaultdict(list)
    for ranked, situation in zip(ranker.of_situations(data.situations), data.situations, strict=True):
        hardness = "hard" if situation.is_hard else "easy"
        groups[hardness, situation.clicks].append(measures.of_slate(ranked, situation.relevant))
    cells: dict[str, dict[str, Measures]] = defaultdict(dict)
    for (hardness, clicks), rows in sorted(groups.items()):
        cells[hardness][str(clicks)] = measures.mean(rows)
    return dict(cells)


def _peak_mb() -> int:
    # Linux counts in KiB, macOS in bytes.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1 << 20 if sys.platform == "darwin" else 1 << 10)
