"""How a digest keeps its choice."""

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from newsletter.models.picks import papers_in, read_picks, write_picks

CHOICES = [
    [],
    [{"paper": 17, "reason": {"kind": "topic", "value": "vision"}}],
    [
        {"paper": 17, "reason": {"kind": "opened", "value": "A 3 = 4 title, with: all of “it” \\ and {more}"}},
        {"paper": 9, "reason": {"kind": "new", "value": ""}, "version": 2},
        {"paper": 8, "reason": {"kind": "keyword", "value": "x"}, "experiment": 3, "team": "challenger", "version": 1},
    ],
]


@pytest.mark.parametrize("picks", CHOICES)
def test_what_is_written_is_read_again(picks):
    assert read_picks(write_picks(picks)) == picks
    assert papers_in(write_picks(picks)) == [pick["paper"] for pick in picks]


@pytest.mark.parametrize("value", ["two\nlines", "a\ttab=1", "a\u2028b", " around ", "\x1cx\x85y\r\n"])
def test_no_value_can_pretend_to_be_another_pick(value):
    (pick,) = read_picks(write_picks([{"paper": 1, "reason": {"kind": "author", "value": value}}]))
    assert pick == {"paper": 1, "reason": {"kind": "author", "value": " ".join(value.split())}}


@pytest.mark.django_db(transaction=True)
def test_choices_kept_as_json_are_lines_after_the_update():
    old, new = [("newsletter", "0010_votes_of_our_readers")], [("newsletter", "0011_a_choice_takes_a_line_a_paper")]
    executor = MigrationExecutor(connection)
    newest = executor.loader.graph.leaf_nodes()
    try:
        executor.migrate(old)
        models = executor.loader.project_state(old).apps
        edition = models.get_model("newsletter", "Edition").objects.create(
            day="2026-03-02", expires_at="2026-03-03T18:00Z"
        )
        digests = models.get_model("newsletter", "Digest").objects
        for picks in CHOICES:
            digests.create(edition=edition, picks=picks, not_before="2026-03-02T07:00Z")
        executor = MigrationExecutor(connection)
        executor.migrate(new)
        changed = executor.loader.project_state(new).apps.get_model("newsletter", "Digest").objects
        assert list(changed.order_by("pk").values_list("picks", flat=True)) == CHOICES
        changed.all().delete()
    finally:
        executor = MigrationExecutor(connection)
        executor.migrate(newest)
