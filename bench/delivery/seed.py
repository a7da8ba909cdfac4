"""Fill an empty database with invented papers and readers: python -m bench.delivery.seed READERS."""

from __future__ import annotations

import datetime as dt
import random
import sys

import django

WORDS = (
    "we study the keeper log of forty winters and find that lamps drift slower than tides while a small model reads"
    " each page in order learns from rain wind salt and light beats the older barometer on three coasts by a tenth"
).split()
PAPERS, TOPICS, CHUNK = 200, 28, 10_000


def main(readers: int) -> None:
    from django.core.management import call_command
    from django.utils import timezone

    from papers.models import Source, Topic

    call_command("migrate", verbosity=0)
    Source.objects.update(is_enabled=False)
    make_papers(timezone.now().date())
    topics = list(Topic.objects.order_by("pk")[:TOPICS])
    for first in range(0, readers, CHUNK):
        make_readers(range(first, min(first + CHUNK, readers)), topics)


def make_papers(day: dt.date) -> None:
    from papers.models import Paper, PaperTopic, Topic

    dice = random.Random(7)
    for number in range(Topic.objects.count(), TOPICS):
        Topic.objects.create(slug=f"field-{number}", name=f"Field {number}")
    topics = list(Topic.objects.order_by("pk")[:TOPICS])

    def words(count: int) -> str:
        return " ".join(dice.choices(WORDS, k=count)).capitalize()

    papers = Paper.objects.bulk_create(
        Paper(
            identity=f"arxiv:2507.{number:05d}",
            title_key=f"title-{number}",
            title=words(9),
            abstract=words(60) + ".",
            authors=[f"{words(1)} {words(1)}" for _ in range(5)],
            url=f"https://arxiv.org/abs/2507.{number:05d}",
            pdf_url=f"https://arxiv.org/pdf/2507.{number:05d}",
            featured_on=day,
            votes=dice.randint(0, 80),
        )
        for number in range(PAPERS)
    )
    PaperTopic.objects.bulk_create(
        PaperTopic(paper=paper, topic=topic, confidence=0.8)
        for paper in papers
        for topic in dice.sample(topics, k=dice.randint(1, 3))
    )


def make_readers(numbers: range, topics: list) -> None:
    from django.utils import timezone

    from subscribers.models import Subscriber, TopicPreference

    due = timezone.now() - dt.timedelta(minutes=1)
    people = [
        Subscriber(
            email=(address := f"reader{number}@host{number % 50}.example"),
            email_normalised=address,
            state="active",
            tracking="granted",
            confirmed_at=due,
            next_digest_at=due,
            next_digest_day=due.date(),
        )
        for number in numbers
    ]
    people = Subscriber.objects.bulk_create(people, batch_size=2000)
    # One to five of 28 topics: 120,000 tastes, so that hardly two of ten thousand readers get the same papers.
    dice = random.Random(numbers.start)
    chosen = [TopicPreference(subscriber=p, topic=t) for p in people for t in dice.sample(topics, dice.randint(1, 5))]
    TopicPreference.objects.bulk_create(chosen, batch_size=5000)


if __name__ == "__main__":
    django.setup()
    main(int(sys.argv[1]))
