"""Whether the answer to a sign-up tells, by its time, who reads: python bench/signup.py [TRIES]

Makes a database of its own in a temporary folder (SQLite as the product uses it) with 20,000 readers, then asks for an
address in each state in turn, round after round, so that a slow moment of the machine falls on all alike. Prints the
median of each state in milliseconds and the largest difference, for the page, the JSON door and the lost link.
"""

import os
import platform
import random
import statistics
import sys
import tempfile
import time

STATES = ["unknown", "pending", "active", "paused", "unsubscribed", "unreachable", "complained", "suppressed"]
READERS = 20_000


def main() -> None:
    tries = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    with tempfile.TemporaryDirectory() as folder:
        prepare(folder)
        from django.core.management import call_command
        from django.utils import timezone

        call_command("migrate", verbosity=0)
        now = timezone.now()
        print(f"python bench/signup.py {tries} · {now:%Y-%m-%d}")
        print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}, {READERS:,} readers")
        fill(now)
        for door in (page, program, lost_link):
            measure(door, tries)


def prepare(folder: str) -> None:
    """Set up Django on an empty database, with budgets that do not stand in the way."""
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "VAR_DIR": folder,
        "DATABASE_URL": f"sqlite:///{folder}/bench.sqlite3",
        "SIGN_UPS_PER_NETWORK": "10000000",
        "SIGN_UPS_PER_MINUTE": "10000000",
        "SIGN_UP_LEAST_SECONDS": "0",
        "LOG_LEVEL": "ERROR",
    }
    import django

    django.setup()
    django.conf.settings.ALLOWED_HOSTS.append("testserver")


def fill(now) -> None:
    """Write readers in all states, and those whom the bench asks for."""
    from subscribers.models import Subscriber, Suppression

    states = Subscriber.State.values
    Subscriber.objects.bulk_create(
        Subscriber(
            email=f"reader{n}@example.org",
            email_normalised=f"reader{n}@example.org",
            state=states[n % len(states)],
            confirmed_at=now,
        )
        for n in range(READERS)
    )
    for state in STATES[1:-1]:
        Subscriber.objects.create(email=address(state), state=state, confirmed_at=now)
    Suppression.remember(address("suppressed"), Suppression.Reason.EDITOR, now=now)


def address(state: str) -> str:
    return f"{state:x<12}@example.org"  # all of one length


def page(client, email: str):
    return client.post("/subscribe/", {"email": email})


def program(client, email: str):
    return client.post("/api/subscribe/", {"email": email}, content_type="application/json")


def lost_link(client, email: str):
    return client.post("/preferences/", {"email": email})


def measure(door, tries: int) -> None:
    """Time `tries` answers for each state, in an order that changes from round to round."""
    from django.test import Client

    from subscribers.models import Ask

    Ask.objects.all().delete()
    client, chance = Client(), random.Random(4)
    times: dict[str, list[float]] = {state: [] for state in STATES}
    answers = set()
    for _ in range(tries):
        for state in chance.sample(STATES, len(STATES)):
            client.cookies.clear()
            begun = time.perf_counter()
            answer = door(client, address(state))
            times[state].append((time.perf_counter() - begun) * 1000)
            answers.add((answer.status_code, answer.content, tuple(sorted(answer.headers.items()))))
    medians = {state: statistics.median(found) for state, found in times.items()}
    print(f"\n{door.__name__}: {tries} tries a state, {len(answers)} different answer(s)")
    for state, median in medians.items():
        print(f"  {state:<13}{median:6.2f} ms")
    print(f"  largest difference of medians {max(medians.values()) - min(medians.values()):.2f} ms")


if __name__ == "__main__":
    main()
