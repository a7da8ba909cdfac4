"""What is counted again and again is counted without a look at all that was ever sent."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from newsletter.building import build_due
from newsletter.models import Digest, Edition
from tests.newsletter.readers import MORNING, make_reader
from tests.papers.shelf import make_paper

pytestmark = pytest.mark.django_db


@pytest.fixture
def edition() -> Edition:
    make_paper(topics=("vision",))
    for number in range(8):
        make_reader(number, topics=("vision",))
    build_due(now=MORNING)
    held = {"lease_owner": "1-a"}
    kinds = [{"state": "leased", **held}, {"state": "sending", **held}]
    kinds += [{"state": state, "reason": "why"} for state in ("unknown", "failed", "skipped")] + [{"state": "sent"}] * 2
    for pk, values in zip(Digest.objects.order_by("pk").values_list("pk", flat=True), kinds, strict=False):
        Digest.objects.filter(pk=pk).update(**values)
    return Edition.objects.get()


def test_a_glance_at_an_edition_says_what_a_count_of_its_rows_says(edition):
    assert edition.glance() == edition.accounts()
    Digest.objects.update(state="sent", lease_owner="")
    assert edition.glance() == {"sent": 8}


@pytest.mark.parametrize("state", ["pending", "leased", "sending", "unknown"])
def test_one_digest_without_an_end_keeps_its_edition_open(edition, state):
    Digest.objects.update(state="sent", lease_owner="")
    assert not edition.digests.has_unsettled()
    one = edition.digests.first()
    edition.digests.filter(pk=one.pk).update(state=state, reason="why", lease_owner="1-a" if state != "pending" else "")
    assert edition.digests.has_unsettled()


def test_the_list_of_digests_asks_no_rows_which_values_its_filters_have(admin_client, edition):
    with CaptureQueriesContext(connection) as queries:
        assert admin_client.get("/admin/newsletter/digest/").status_code == 200
    assert not [query for query in queries.captured_queries if "DISTINCT" in query["sql"]]
