"""The last place of a digest, for a paper from outside its reader's ways."""

from papers.ranking import Candidate, Taste, rank


def robots_and(*others: Candidate) -> list[Candidate]:
    return [Candidate(n, f"Robot {n}", topics={"robotics": 0.9}, votes=n) for n in range(1, 9)] + list(others)


def test_the_paper_from_outside_a_readers_ways_is_none_that_was_muted_or_seen():
    day = [Candidate(n, f"Robot {n}", topics={"robotics": 0.9}, votes=1) for n in range(1, 9)]
    muted = Candidate(20, "Gossip", topics={"gossip": 0.9}, votes=900)
    seen = Candidate(21, "Poetry", topics={"poetry": 0.9}, votes=800)
    taste = Taste(topics={"robotics": 2, "gossip": -2}, seen=frozenset({seen.id}))
    assert not {muted.id, seen.id} & {pick.id for pick in rank([*day, muted, seen], taste, limit=6)}


def test_what_many_upvoted_within_a_readers_ways_is_not_the_unexpected():
    poem = Candidate(20, "A poem", topics={"poetry": 0.9}, votes=6)
    picks = rank(robots_and(poem), Taste(topics={"robotics": 2}), limit=5)
    assert [pick.id for pick in picks] == [8, 7, 6, 5, 20]


def test_a_paper_that_few_upvoted_is_not_worth_the_last_place():
    poem = Candidate(20, "A poem", topics={"poetry": 0.9}, votes=0)
    picks = rank(robots_and(poem), Taste(topics={"robotics": 2}), limit=5)
    assert {pick.reason.kind for pick in picks} == {"topic"}


def test_the_unexpected_paper_is_none_that_is_there_already():
    poems = [Candidate(n, "A poem", topics={"poetry": 0.9}, votes=n) for n in range(20, 24)]
    picks = rank(robots_and(*poems), Taste(topics={"robotics": 2}), limit=12)
    assert [(pick.id, pick.reason.kind) for pick in picks[-3:]] == [(23, "votes"), (22, "votes"), (21, "explore")]
