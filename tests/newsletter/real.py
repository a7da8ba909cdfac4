"""Digests of real papers, for the tests that hold them against every rule."""

import datetime as dt
import random
import re
from io import StringIO

from django.core.management import call_command

from newsletter.building.choosing import Choosing
from newsletter.models import Digest, Edition
from newsletter.models.picks import read_picks
from newsletter.preparing import prepare
from papers.days import newest
from papers.models import Topic
from subscribers.models import Subscriber, TopicPreference

NOW = dt.datetime(2026, 1, 1, 7, tzinfo=dt.UTC)
SITE_URL = "https://papers.example.org"  # as long as real ones are


def real_digests(folder):
    """Return the digests of 200 readers from six days of real papers, [(issue, letter)]; `folder` holds the inputs."""
    for path in sorted((folder / "hf" / "days").glob("*.json"))[-6:]:
        day = dt.date.fromisoformat(re.search(r"\d{4}-\d\d-\d\d", path.name)[0])
        call_command("import_papers", str(path), source="huggingface", day=day, stdout=StringIO(), stderr=StringIO())
    edition = Edition.objects.of_day(newest(today=NOW.date()))
    readers = [_reader(number) for number in range(200)]
    choices = Choosing(now=NOW).choices(edition, readers)
    digests = [
        Digest(edition=edition, subscriber=reader, pk=reader.pk, picks=read_picks(choice.picks))
        for reader, choice in zip(readers, choices, strict=True)
    ]
    press = prepare(edition, digests, now=NOW)
    return [(issue, press.letter(issue)) for issue in press.issues]


def _reader(number):
    dice = random.Random(number)
    reader = Subscriber.objects.create(
        email=f"reader{number}@example.org",
        state="active",
        confirmed_at=NOW,
        language=dice.choice(["en", "de"]),
        tracking=dice.choice(["unknown", "granted", "denied"]),
    )
    for topic in dice.sample(list(Topic.objects.filter(is_active=True)), dice.randint(1, 6)):
        TopicPreference.objects.create(subscriber=reader, topic=topic, weight=1)
    return reader
