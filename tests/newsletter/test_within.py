"""One parameter for any number of values means what `in` means."""

import pytest

from papers.models import Topic

pytestmark = pytest.mark.django_db
NAMES = ["plain", 'with "quotes"', "back\\slash", "{brace}", "comma, space", "NULL", "", "Ünïcode"]


@pytest.fixture(autouse=True)
def topics():
    for number, name in enumerate(NAMES):
        Topic.objects.create(slug=f"within-{number}", name=name)


def test_texts_of_every_kind_are_found():
    assert set(Topic.objects.filter(name__within=NAMES).values_list("name", flat=True)) == set(NAMES)
    assert list(Topic.objects.filter(name__within=["back\\"])) == []


def test_numbers_are_found_and_nothing_is_within_nothing():
    ids = set(Topic.objects.filter(slug__startswith="within-").values_list("pk", flat=True))
    assert set(Topic.objects.filter(pk__within=ids).values_list("pk", flat=True)) == ids
    assert not Topic.objects.filter(pk__within=[]).exists()
