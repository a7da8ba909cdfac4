"""Ranking takes plain values and gives plain values: no database here."""

from papers.ranking import Candidate, Reason, Taste, rank, rank_many

ROBOTS = Candidate(1, "Robots that fold laundry", authors=("Ada Byron",), topics={"robotics": 0.9}, votes=3)
VISION = Candidate(2, "Seeing in the dark", topics={"vision": 0.9}, votes=40)
AUDIO = Candidate(3, "Whispered speech", topics={"audio": 0.8}, votes=5)
DAY = [ROBOTS, VISION, AUDIO]


def test_a_followed_topic_comes_first_and_says_so():
    first = rank(DAY, Taste(topics={"audio": 1}), limit=3)[0]
    assert first.id == AUDIO.id
    assert first.reason == Reason("topic", "audio")


def test_a_muted_topic_and_a_seen_paper_never_appear():
    taste = Taste(topics={"vision": -2}, seen=frozenset({AUDIO.id}))
    assert [pick.id for pick in rank(DAY, taste, limit=3)] == [ROBOTS.id]


def test_a_followed_author_is_the_reason():
    assert rank(DAY, Taste(authors=("Ada Byron",)), limit=1)[0].reason == Reason("author", "Ada Byron")


def test_many_readers_get_what_each_would_get_alone():
    tastes = [Taste(topics={"audio": 2}), Taste(), Taste(keywords=("laundry",))]
    alone = [rank(DAY, taste, limit=2) for taste in tastes]
    assert rank_many(DAY, tastes, limits=[2, 2, 2]) == alone
