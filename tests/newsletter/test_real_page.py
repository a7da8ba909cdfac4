"""The saved page of 105 papers becomes a digest of one's own for five readers."""

import datetime as dt
from io import StringIO

import pytest
from django.core.management import call_command

from newsletter.building import build_due
from tests.newsletter.readers import DAY, MORNING, make_reader

FIVE = ("llm", "vision", "image-gen", "agents", "3d")


@pytest.mark.django_db
def test_five_readers_get_five_digests_and_nobody_a_paper_twice(shared_data):
    page = shared_data / "daily-papers-page.txt"
    call_command("import_papers", str(page), source="saved-page", day=DAY, stdout=StringIO(), stderr=StringIO())
    readers = [make_reader(number, topics=(slug,)) for number, slug in enumerate(FIVE)]
    build_due(now=MORNING)
    build_due(now=MORNING + dt.timedelta(days=1))
    today, tomorrow = [], []
    for reader in readers:
        first, second = reader.digests.order_by("edition__day")
        today.append({pick["paper"] for pick in first.picks})
        tomorrow.append({pick["paper"] for pick in second.picks})
    # Some topics have two papers on this page, and nothing else on it speaks to their readers.
    assert all(1 <= len(papers) <= 10 for papers in today), [len(p) for p in today]
    assert len(set(map(frozenset, today))) == 5
    assert all(not first & second for first, second in zip(today, tomorrow, strict=True))
    assert any(tomorrow)  # yesterday's leftovers, for whom any of them is good enough
