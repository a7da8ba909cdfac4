"""How long ranking takes: python bench/ranking.py [--readers 1000000] [--papers 100] [--processes 2]

Invented readers (three topics, two keywords, an author, twenty opened papers each) and one day of invented papers,
with an archive of 4,000. All that a digest has is on: reasons, diversity, the place for the unexpected. The table of
the day is made once; then each process ranks its share of the readers, as workers do. Prints machine, counts, seconds
and peak memory; also the cost of one click for a profile and the vectors of 100 papers.
"""

import argparse
import contextlib
import datetime as dt
import multiprocessing
import os
import platform
import resource
import sys
import time
from collections import Counter
from pathlib import Path

parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
parser.add_argument("--readers", type=int, default=1_000_000)
parser.add_argument("--papers", type=int, default=100)
parser.add_argument("--processes", type=int, default=2)
options = parser.parse_args()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import django  # noqa: E402

django.setup()

import numpy as np  # noqa: E402
import scipy.sparse as sp  # noqa: E402

from newsletter.taste import remember  # noqa: E402
from papers.ranking import Candidate, Ranker, Slate, Taste, choose  # noqa: E402
from papers.ranking.affinity import Shelf, compare, tabulate  # noqa: E402
from papers.vectors import semantic  # noqa: E402
from papers.vectors.lexical import Lexicon  # noqa: E402
from papers.vectors.lsa import Lsa  # noqa: E402

ARCHIVE, BLOCK, WORDS, TOPICS, OPENED = 4_000, 10_000, 3_000, 28, 20
random = np.random.default_rng(0)


def invented_text() -> tuple[str, str]:
    numbers = (random.zipf(1.3, 130) - 1) % WORDS
    return " ".join(f"word{n}" for n in numbers[:10]), " ".join(f"word{n}" for n in numbers[10:])


def shelf(ids: list[int], texts: list[tuple[str, str]], lexicon: Lexicon) -> Shelf:
    vectors = random.standard_normal((len(ids), 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return Shelf(ids, [title for title, _ in texts], lexicon.encode(texts), vectors)


def the_day() -> Slate:
    texts = [invented_text() for _ in range(ARCHIVE + options.papers)]
    lexicon = Lexicon.fit(texts[:ARCHIVE])
    archive = shelf(list(range(ARCHIVE)), texts[:ARCHIVE], lexicon)
    ids = list(range(ARCHIVE, ARCHIVE + options.papers))
    today = shelf(ids, texts[ARCHIVE:], lexicon)
    rows, columns = random.integers(0, 5_000, 100_000), random.integers(0, ARCHIVE, 100_000)
    reads = sp.csr_matrix((np.ones(100_000, np.float32), (rows, columns)), (5_000, ARCHIVE))
    reads.data[:] = 1
    candidates = [
        Candidate(
            pk,
            *texts[pk],
            authors=(f"Author {pk % 300}",),
            topics={f"topic{t}": 0.8 for t in random.integers(0, TOPICS, 2)},
            votes=int(random.zipf(1.6) % 500),
            vector=today.vectors[number],
        )
        for number, pk in enumerate(ids)
    ]
    table = tabulate(
        compare(archive, today), reads, encode=lambda words: shelf([0] * len(words), [(w, "") for w in words], lexicon)
    )
    return Slate(candidates, Ranker(table=table))


def readers(count: int) -> list[Taste]:
    topics = random.integers(0, TOPICS, (count, 3)).tolist()
    keywords = random.integers(0, WORDS, (count, 2)).tolist()
    opened = random.integers(0, ARCHIVE, (count, OPENED)).tolist()
    return [
        Taste(
            topics=dict.fromkeys((f"topic{t}" for t in topics[n]), 1),
            keywords=tuple(f"word{w}" for w in keywords[n]),
            authors=(f"Author {n % 300}",),
            opened=dict.fromkeys(opened[n], 1.0),
        )
        for n in range(count)
    ]


def seconds(function, *, times: int = 1) -> float:
    start = time.perf_counter()
    for _ in range(times):
        function()
    return (time.perf_counter() - start) / times


def peak_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> (20 if sys.platform == "darwin" else 10)


def proportional_mb(pids: list[int]) -> float:
    """Return the memory of these processes together, MiB, a page that several share counted once (Linux only)."""
    total = 0
    for pid in pids:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


def rank_share(count: int) -> tuple[float, float, int, Counter]:
    """Rank so many readers; return seconds, seconds of CPU, peak MiB and the kinds of some reasons."""
    spent, processor, kinds = 0.0, 0.0, Counter()
    for start in range(0, count, BLOCK):
        tastes = readers(min(BLOCK, count - start))  # making invented readers is not counted
        began, used = time.perf_counter(), time.process_time()
        chosen = choose(slate, tastes, limits=[10] * len(tastes))
        spent, processor = spent + time.perf_counter() - began, processor + time.process_time() - used
        kinds.update(pick.reason.kind for picks in chosen[:100] for pick in picks)
        done = start + len(tastes)
        if done * 10 // count > start * 10 // count:
            print(f"  {done:,} of {count:,} readers, {spent:.1f} s", file=sys.stderr)
    return spent, processor, peak_mb(), kinds


print(
    f"{dt.datetime.now(dt.UTC):%Y-%m-%d %H:%M} UTC, {platform.machine()}, {os.cpu_count()} cores, {' '.join(sys.argv)}"
)
print(f"load of the machine before: {os.getloadavg()[0]:.1f}")
made = time.perf_counter()
slate = the_day()
print(f"table of the day, {ARCHIVE:,} x {options.papers}: {time.perf_counter() - made:.1f} s")
share = options.readers // options.processes
together = 0.0
with multiprocessing.get_context("fork").Pool(options.processes) as pool:
    pids = [os.getpid(), *(child.pid for child in multiprocessing.active_children())]
    waiting = pool.map_async(rank_share, [share] * options.processes, chunksize=1)
    while not waiting.ready():
        together = max(together, proportional_mb(pids))
        waiting.wait(0.5)
    parts = waiting.get()
spent, processor = max(part[0] for part in parts), sum(part[1] for part in parts)
kinds = sum((part[3] for part in parts), Counter())
print(
    f"{share * options.processes:,} readers x {options.papers} papers, 10 picks each with reasons: "
    f"{spent:.1f} s ({processor:.1f} s of CPU in {options.processes} processes)"
)
alone = ", ".join(f"{part[2]}" for part in parts)
print(
    f"peak memory of all processes together: {together:.0f} MiB (sum of PSS, the invented readers included); "
    f"alone {alone}, the parent {peak_mb()} MiB"
)
print(f"reasons of a sample: {dict(kinds)}")
profile = dict.fromkeys(range(50), 1.0)
print(f"a click into a profile of 50: {seconds(lambda: remember(profile, 7, 1.0), times=100_000) * 1e6:.2f} µs")
texts = [invented_text() for _ in range(1_000)]
lsa = Lsa.fit(texts)
print(f"vectors of 100 papers from words: {seconds(lambda: lsa.encode(texts[:100])):.3f} s")
if semantic.is_available():
    semantic.encode(["load the weights"])
    english = ["attention " * 12 + "the model learns from data and " * 30] * 100
    print(f"vectors of 100 papers with the extra: {seconds(lambda: semantic.encode(english)):.1f} s")
