"""The desks of digests and events, when a million are added a day: nothing looks at all that was ever sent."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from newsletter.models import Event
from subscribers.models import Subscriber
from tests.newsletter.sent import NOW, make_digest, make_paper, make_reader

pytestmark = pytest.mark.django_db
DIGESTS, EVENTS = "/admin/newsletter/digest/", "/admin/newsletter/event/"
READERS = "/admin/subscribers/subscriber/"


@pytest.fixture
def digests():
    paper = make_paper()
    digests = [make_digest(make_reader(number), paper) for number in range(3)]
    for digest in digests:
        Event.objects.create(kind="opened", digest=digest, at=NOW, key=f"{digest.pk}")
    return digests


@pytest.mark.parametrize("desk", [DIGESTS, EVENTS, READERS])
def test_a_list_counts_no_further_than_anybody_leafs_and_says_so(admin_client, digests, desk, monkeypatch):
    monkeypatch.setattr("papers.admin.record.MOST_LISTED", 2)
    with CaptureQueriesContext(connection) as asked:
        page = admin_client.get(desk).text
    counts = [query["sql"] for query in asked if "COUNT(" in query["sql"]]
    assert counts
    assert all("LIMIT 2" in sql for sql in counts)
    assert "a search or a filter finds the others" in page


@pytest.mark.parametrize("desk", [DIGESTS, EVENTS, READERS])
def test_a_list_that_is_whole_says_nothing_of_others(admin_client, digests, desk):
    assert "finds the others" not in admin_client.get(desk).text


@pytest.mark.parametrize("desk", [DIGESTS, EVENTS])
def test_only_a_column_with_an_index_is_a_way_to_sort(admin_client, digests, desk):
    page = admin_client.get(desk).text
    assert len(set(re.findall(r'href="\?[^"]*\bo=-?(\d+)"', page))) == 1


@pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite takes no index of some rows for a kind it is told"
)
def test_events_of_a_rare_kind_are_found_without_a_look_at_the_others(admin_client, digests):
    with CaptureQueriesContext(connection) as asked:
        admin_client.get(EVENTS, {"kind__exact": "complained"})
    looks = [query["sql"] for query in asked if 'FROM "newsletter_event"' in query["sql"]]
    assert len(looks) == 2
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # of three rows the whole table is the shortest way
        for sql in looks:
            cursor.execute(f"EXPLAIN {sql}")
            assert "events_of_a_rare_kind" in str(cursor.fetchall())


def test_readers_are_not_read_to_know_their_languages(admin_client, digests):
    Subscriber.objects.filter(pk=digests[0].subscriber_id).update(language="de")
    with CaptureQueriesContext(connection) as asked:
        assert "?language=de" in admin_client.get(READERS).text
    assert not [query["sql"] for query in asked if "DISTINCT" in query["sql"]]
    assert "1 result" in admin_client.get(READERS, {"language": "de"}).text


def test_no_calendar_is_made_of_all_events(admin_client, digests):
    with CaptureQueriesContext(connection) as asked:
        page = admin_client.get(EVENTS).text
    assert "Past 7 days" in page
    assert not [query["sql"] for query in asked if "DISTINCT" in query["sql"]]


def test_an_edition_that_is_under_way_is_not_counted_row_by_row(admin_client, digests):
    with CaptureQueriesContext(connection) as asked:
        admin_client.get("/admin/newsletter/edition/")
    counts = [query["sql"] for query in asked if "GROUP BY" in query["sql"] and "newsletter_digest" in query["sql"]]
    assert counts
    assert all('"state"' in sql.partition("WHERE")[2].partition("GROUP BY")[0] for sql in counts)
