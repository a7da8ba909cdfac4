"""Fill an empty database with invented papers and readers who are due."""

from __future__ import annotations

import datetime as dt


def seed(readers: int, papers_count: int = 40) -> None:
    from django.core.management import call_command
    from django.db import connections
    from django.utils import timezone

    from papers.models import Paper, PaperTopic, Source, Topic
    from subscribers.models import Subscriber, TopicPreference

    call_command("migrate", verbosity=0)
    Source.objects.update(is_enabled=False)
    today = timezone.now().date()
    topics = [Topic.objects.get_or_create(slug=f"topic-{n}", defaults={"name": f"Topic {n}"})[0] for n in range(5)]
    papers = [
        Paper(
            identity=f"arxiv:2507.{n:05d}",
            title_key=f"title-{n}",
            title=f"Lighthouse number {n}",
            abstract="A keeper's log of forty years predicts the weather of the next morning. " * 4,
            authors=["Ada Lamp", "Bo Wick"],
            url=f"https://arxiv.org/abs/2507.{n:05d}",
            featured_on=today,
        )
        for n in range(papers_count)
    ]
    Paper.objects.bulk_create(papers, batch_size=500)
    PaperTopic.objects.bulk_create(
        (PaperTopic(paper=paper, topic=topics[n % 5]) for n, paper in enumerate(papers)), batch_size=500
    )
    due = timezone.now() - dt.timedelta(minutes=1)
    people = [
        Subscriber(
            email=f"reader{n}@host{n % 7}.example",
            email_normalised=f"reader{n}@host{n % 7}.example",
            state="active",
            confirmed_at=due,
            next_digest_at=due,
            next_digest_day=today,
        )
        for n in range(readers)
    ]
    people = Subscriber.objects.bulk_create(people, batch_size=500)
    TopicPreference.objects.bulk_create(
        [TopicPreference(subscriber=person, topic=topics[n % 5]) for n, person in enumerate(people)], batch_size=500
    )
    connections.close_all()  # what stands in SQLite's log goes into the file, which will be copied
