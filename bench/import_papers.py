"""How fast an archive of papers comes in: python bench/import_papers.py [PAPERS | ARCHIVE] [DATABASE_URL]

Takes an archive in JSON lines, or makes PAPERS (20,000 unless told) invented ones with abstracts of the usual length,
and imports them as `manage.py import_papers` does into an empty database (SQLite in a temporary folder unless a URL is
given), then once more, when all are the same. Prints wall time, and the processor time of both processes. Nothing
leaves the machine.
"""

import json
import os
import platform
import random
import sys
import tempfile
import time
from pathlib import Path

TEXT = """we study how a model reads large language models with retrieval and reasoning over video images speech
robots graphs rivers lakes evenings results show that our method improves accuracy of the benchmark dataset
training inference"""
WORDS = list(TEXT.split())


def main() -> None:
    what = sys.argv[1] if len(sys.argv) > 1 else "20000"
    with tempfile.TemporaryDirectory() as folder:
        prepare(folder, sys.argv[2] if len(sys.argv) > 2 else f"sqlite:///{folder}/bench.sqlite3")
        from django.core.management import call_command
        from django.db import connection

        call_command("migrate", verbosity=0)
        archive = write(Path(folder) / "archive.jsonl", int(what)) if what.isdigit() else Path(what)
        print(f"python bench/import_papers.py {what} · {time.strftime('%Y-%m-%d')} · {connection.vendor}")
        print(
            f"{platform.platform()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {platform.python_version()}"
        )
        for name in ("new", "same"):
            measure(name, archive)


def prepare(folder: str, url: str) -> None:
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    os.environ |= {"DJANGO_SETTINGS_MODULE": "config.settings", "VAR_DIR": folder, "DATABASE_URL": url}
    os.environ["LOG_LEVEL"] = "ERROR"
    import django

    django.setup()


def write(path: Path, papers: int) -> Path:
    """Write invented papers; the seed makes every run read the same."""
    dice = random.Random(7)
    with path.open("w") as file:
        for number in range(papers):
            title = " ".join(dice.choices(WORDS, k=9)).capitalize() + f" {number}"
            abstract = ". ".join(" ".join(dice.choices(WORDS, k=18)) for _ in range(11))
            entry = {
                "id": f"{2301 + number // 90_000:04}.{number % 90_000 + 10_000}",
                "title": title,
                "summary": abstract,
            }
            entry |= {"authors": [f"Ada Reed {dice.randrange(999)}" for _ in range(5)], "upvotes": dice.randrange(60)}
            file.write(json.dumps({**entry, "submittedOnDailyAt": f"2024-{number % 12 + 1:02}-01"}) + "\n")
    return path


def measure(name: str, archive: Path) -> None:
    from django.utils import timezone

    from papers.importing import import_papers

    wall, busy = time.perf_counter(), processor()
    tally = import_papers(
        str(archive), kind="huggingface", day=None, now=timezone.now(), in_two=True, on_progress=lambda tally: None
    )
    wall, (ours, second) = time.perf_counter() - wall, (now - then for now, then in zip(processor(), busy, strict=True))
    assert getattr(tally, name) == tally.accepted, tally.counts()
    rate = f"{tally.accepted / wall:,.0f}/s"
    print(f"{name:5}{tally.accepted:,} in {wall:.1f} s: {rate}; processor {ours:.1f} + {second:.1f} s")


def processor() -> tuple[float, float]:
    """Return the seconds of this process, and of those that it started."""
    used = os.times()
    return used.user + used.system, used.children_user + used.children_system


if __name__ == "__main__":
    main()
