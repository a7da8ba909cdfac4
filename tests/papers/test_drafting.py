"""Team-draft interleaving: two lists become one, and every paper knows who chose it."""

import itertools

from papers.ranking import Pick, Reason
from papers.ranking.drafting import CHALLENGER, CONTROL, draft

HEADS, TAILS = itertools.repeat(True), itertools.repeat(False)


def picks(*ids: int) -> list[Pick]:
    return [Pick(pk, 1.0, Reason("topic", "Vision")) for pk in ids]


def test_both_choose_in_turn_and_the_coin_says_who_begins():
    drafted = draft(picks(1, 2, 3), picks(7, 8, 9), limit=4, coins=HEADS)
    assert [(pick.id, pick.team) for pick in drafted] == [
        (7, CHALLENGER),
        (1, CONTROL),
        (8, CHALLENGER),
        (2, CONTROL),
    ]
    assert [pick.id for pick in draft(picks(1, 2, 3), picks(7, 8, 9), limit=4, coins=TAILS)] == [1, 7, 2, 8]


def test_what_both_would_send_is_sent_once():
    drafted = draft(picks(1, 2, 3), picks(1, 3, 2), limit=10, coins=TAILS)
    assert [(pick.id, pick.team) for pick in drafted] == [(1, CONTROL), (3, CHALLENGER), (2, CONTROL)]


def test_the_place_of_the_unexpected_stays_the_last_and_belongs_to_nobody():
    unexpected = Pick(5, 0.0, Reason("explore", "Audio"))
    drafted = draft([*picks(1, 2, 3), unexpected], [*picks(2, 4, 1), unexpected], limit=4, coins=TAILS)
    assert len(drafted) == 4
    assert drafted[-1] == unexpected


def test_two_empty_lists_make_an_empty_digest():
    assert draft([], [], limit=10, coins=HEADS) == []
