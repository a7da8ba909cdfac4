"""How long an import of readers takes: python bench/import_subscribers.py [COUNT]

Makes a database of its own in a temporary folder (SQLite as the product uses it) and a file of invented people, imports
it with the command in a process of its own, cuts it off with SIGKILL half-way, resumes it, and imports it once more.
2,000 people are the least: a batch is 1,000, and within one there is nothing to cut off.
"""

import datetime as dt
import os
import platform
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HOME = Path(__file__).resolve().parents[1]
ZONES = ["Europe/Berlin", "America/New_York", "Asia/Tokyo", "Asia/Kolkata", "Australia/Sydney", "UTC"]
LEAST = 2_000
TOPICS = ["vision", "language", "speech", "robots", "theory", "graphs"]


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    if count < LEAST:
        sys.exit(f"{LEAST:,} readers are the least: fewer come in one batch, and nothing can be cut off.")
    print(f"python bench/import_subscribers.py {count} · {dt.date.today()}")  # noqa: DTZ011
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}, {count:,} readers")
    with tempfile.TemporaryDirectory() as folder:
        bench(Path(folder), count)


def bench(folder: Path, count: int) -> None:
    people = folder / "people.csv"
    write(people, count)
    words = ["import_subscribers", str(people), "--json"]
    consent = ["--consent", "invented people of a benchmark"]

    environment = fresh(folder / "whole.sqlite3")
    begun, worked = time.monotonic(), cpu_seconds()
    manage(environment, *words, *consent)
    seconds, worked = time.monotonic() - begun, cpu_seconds() - worked
    print(f"in one go: {seconds:.1f} s, {count / seconds:,.0f} readers a second; {worked:.1f} s of one core's time")
    print(f"load of the machine meanwhile: {os.getloadavg()[0]:.1f}")
    begun = time.monotonic()
    manage(environment, *words, *consent)
    print(f"a second import: {time.monotonic() - begun:.1f} s, {readers(folder / 'whole.sqlite3'):,} readers")

    environment = fresh(folder / "parts.sqlite3")
    cut_off(environment, [*words, *consent], folder / "parts.sqlite3", after=count // 2)
    print(f"cut off with SIGKILL: {readers(folder / 'parts.sqlite3'):,} readers kept")
    begun = time.monotonic()
    manage(environment, *words, "--resume")
    print(f"resumed: {time.monotonic() - begun:.1f} s, {readers(folder / 'parts.sqlite3'):,} readers")


def fresh(path: Path) -> dict[str, str]:
    """Make an empty database with some topics; return the environment that leads to it."""
    environment = os.environ | {"VAR_DIR": str(path.parent), "DATABASE_URL": f"sqlite:///{path}"}
    manage(environment, "migrate", "-v0")
    with sqlite3.connect(path) as database:
        database.execute("delete from papers_topic")
        database.executemany(
            "insert into papers_topic (slug, name, description, phrases, arxiv_hints, position, is_active)"
            " values (?, ?, '', '[]', '[]', 0, 1)",
            [(topic, topic.title()) for topic in TOPICS],
        )
    return environment


def manage(environment: dict[str, str], *words: str) -> None:
    subprocess.run(
        [sys.executable, "manage.py", *words], cwd=HOME, env=environment, check=True, stderr=subprocess.DEVNULL
    )


def write(path: Path, count: int) -> None:
    choose = random.Random(1)
    with path.open("w") as sheet:
        sheet.write("email,topics,timezone,hour,keywords\n")
        for number in range(count):
            topics = ";".join(choose.sample(TOPICS, 2))
            zone, hour = choose.choice(ZONES), choose.randrange(24)
            sheet.write(f"reader-{number}@university-{number % 5000}.example,{topics},{zone},{hour},sparse attention\n")


def cut_off(environment: dict[str, str], words: list[str], path: Path, *, after: int) -> None:
    """Start the import and kill it as soon as so many readers are kept: its own words come a second apart."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", *words], cwd=HOME, env=environment, stderr=subprocess.DEVNULL
    )
    while process.poll() is None and readers(path) < after:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()


def cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def readers(path: Path) -> int:
    with sqlite3.connect(path) as database:
        return database.execute("select count(*) from subscribers_subscriber").fetchone()[0]


if __name__ == "__main__":
    main()
