"""How fast the site answers with many papers: `.venv/bin/python bench/site.py --papers 200000`.

Invented papers (words drawn by Zipf's law from an invented vocabulary, 28 topics of uneven size, 200 a day) are put
into a database of its own: SQLite in a folder that is deleted afterwards, or the PostgreSQL of --database, which must
be empty. Each page is asked for through Django's whole stack in this process, the cache emptied before the first.
"""

import argparse
import datetime as dt
import os
import platform
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

A_DAY = 200
LAST_DAY = dt.date(2026, 6, 30)
SYLLABLES = tuple("ka lo mi tra ven dor sel pho gri nat um bex cor din fal hul jin ost pre rim sto tul wex yar".split())


def make_words(count: int, chance: random.Random) -> list[str]:
    made: dict[str, None] = {}
    while len(made) < count:
        made["".join(chance.choices(SYLLABLES, k=chance.randint(2, 4)))] = None
    return list(made)


class Writer:
    """Writes the text of papers."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.words = make_words(40_000, self.chance)
        self.weights = [0.0]
        for rank in range(1, len(self.words) + 1):
            self.weights.append(self.weights[-1] + 1 / rank)
        self.weights = self.weights[1:]
        self.names = make_words(3_000, self.chance)

    def text(self, length: int) -> str:
        return " ".join(self.chance.choices(self.words, cum_weights=self.weights, k=length))

    def name(self) -> str:
        return f"{self.chance.choice(self.names).capitalize()} {self.chance.choice(self.names).capitalize()}"


def fill(count: int, seed: int) -> Writer:
    from papers.models import Paper, PaperTopic, Topic

    writer, chance = Writer(seed), random.Random(seed)
    Topic.objects.bulk_create(
        Topic(slug=f"topic-{number}", name=f"Topic {number}", position=number) for number in range(28)
    )
    topics = list(Topic.objects.all())
    shares = [1 / (number + 1) for number in range(27)] + [0.0005]  # the last is rare
    for start in range(0, count, 5_000):
        numbers = range(start, min(start + 5_000, count))
        papers = Paper.objects.bulk_create(_paper(number, count, writer, chance) for number in numbers)
        PaperTopic.objects.bulk_create(
            PaperTopic(paper=paper, topic=topic, confidence=0.5)
            for paper in papers
            for topic in dict.fromkeys(chance.choices(topics, shares, k=2))
        )
        print(f"\r{papers[-1].pk:>9,} papers", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return writer


def _paper(number: int, count: int, writer: Writer, chance: random.Random):
    from papers.models import Paper

    votes = int(chance.paretovariate(1.2)) - 1
    return Paper(
        identity=f"arxiv:{number}",
        title_key=str(number),
        arxiv_id=str(number),
        title=writer.text(9).capitalize(),
        abstract=writer.text(150),
        authors=[writer.name() for _ in range(chance.randint(1, 8))],
        url=f"https://arxiv.org/abs/{number}",
        featured_on=LAST_DAY - dt.timedelta(days=(count - number - 1) // A_DAY),
        votes=votes,
        trend=votes / 100,
    )


def pages(writer: Writer) -> dict[str, list[str]]:
    from papers.models import Paper

    common, middle, rare = writer.words[:12], writer.words[200:230], writer.words[9_000:9_030]
    some = list(Paper.objects.order_by("id").values_list("pk", "authors")[5_000:20_000:700])
    day = LAST_DAY - dt.timedelta(days=90)
    return {
        "day, newest": ["/"] * 20,
        "day, older": [f"/papers/{day - dt.timedelta(days=i)}/" for i in range(20)],
        "week": [f"/week/2026-W{week:02}/" for week in range(5, 25)],
        "month": [f"/month/2026-{month:02}/" for month in range(1, 7)],
        "trending": ["/trending/"] * 20,
        "topics": ["/topics/"] * 20,
        "topic, large": [f"/topics/topic-{number}/" for number in range(4)] * 5,
        "topic, middle": [f"/topics/topic-{number}/" for number in range(8, 27)],
        "topic, rare": ["/topics/topic-27/"] * 20,
        "topic, far back": [f"/topics/topic-{number}/?before={day}" for number in range(20)],
        "paper": [f"/paper/{pk}/" for pk, _ in some],
        "author": [f"/authors/{authors[0]}/" for _, authors in some],
        "search, common word": [f"/search/?q={word}" for word in common],
        "search, middling word": [f"/search/?q={word}" for word in middle],
        "search, rare word": [f"/search/?q={word}" for word in rare],
        "search, two words": [f"/search/?q={a}+{b}" for a, b in zip(common, middle, strict=False)],
        "search, common word in a rare topic": [f"/search/?q={word}&topic=topic-27" for word in common],
        "search, common word in old days": [f"/search/?q={word}&until={day}" for word in common],
        "search, a typing slip": [f"/search/?q={word[:-1]}" for word in rare[:12]],
        "feed of a topic": [f"/topics/topic-{number}/atom/" for number in range(20)],
    }


def measure(addresses: list[str]) -> list[tuple[float, float]]:
    """Return wall and processor milliseconds of each call."""
    from django.core.cache import cache
    from django.test import Client

    client, times = Client(HTTP_HOST="127.0.0.1"), []
    cache.clear()
    for address in addresses:
        started, busy = time.perf_counter(), time.process_time()
        answer = client.get(address)
        times.append(((time.perf_counter() - started) * 1000, (time.process_time() - busy) * 1000))
        if answer.status_code != 200:
            sys.exit(f"{address} answered {answer.status_code}")
    return times


def run(options: argparse.Namespace) -> None:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from papers.models import Paper

    call_command("migrate", verbosity=0)
    started = time.perf_counter()
    writer = Writer(options.seed) if Paper.objects.exists() else fill(options.papers, options.seed)
    took = time.perf_counter() - started
    count = Paper.objects.count()
    print(f"{platform.platform()}, {os.cpu_count()} cores, {time.strftime('%Y-%m-%d %H:%M %Z')}")
    print(f"{' '.join(sys.argv)}: {count:,} papers in {connection.vendor}, made in {took:.0f} s\n")
    print(f"{'milliseconds':<38}{'first':>9}{'median':>9}{'slowest':>9}{'median of processor':>21}")
    for name, addresses in pages(writer).items():
        if options.only in name:
            wall, busy = zip(*measure(addresses), strict=True)
            middle = statistics.median(wall)
            print(f"{name:<38}{wall[0]:>9.1f}{middle:>9.1f}{max(wall):>9.1f}{statistics.median(busy):>21.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--papers", type=int, default=200_000)
    parser.add_argument("--database", help="a DATABASE_URL; default: SQLite in a folder that is deleted")
    parser.add_argument("--folder", type=Path, help="keep the SQLite database here and use it again")
    parser.add_argument("--only", default="", help="only pages whose name holds this")
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    with tempfile.TemporaryDirectory() as folder:
        os.environ["VAR_DIR"] = str(options.folder or folder)
        os.environ["LOG_LEVEL"] = "ERROR"
        if options.database:
            os.environ["DATABASE_URL"] = options.database
        run(options)


if __name__ == "__main__":
    main()
