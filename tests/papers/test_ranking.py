"""Ranking takes plain values and gives plain values: no database here."""

import weakref
from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp

from papers.ranking import Candidate, NonsenseWeights, Ranker, Reason, Slate, Taste, Weights, choose, rank
from papers.ranking.affinity import Shelf, Table, compare, tabulate
from papers.ranking.scoring import score
from papers.vectors.lexical import Lexicon

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


def test_an_update_for_one_reader_is_none_for_another():
    day = [Candidate(n, f"Robot {n}", topics={"robotics": 0.9}, votes=n) for n in range(1, 9)]
    had, new = choose(
        Slate(day, Ranker()),
        [Taste(topics={"robotics": 2}, updated=frozenset({8})), Taste(topics={"robotics": 2})],
        limits=[8, 8],
    )
    assert [{pick.id: pick.reason.kind for pick in picks}[8] for picks in (had, new)] == ["update", "topic"]


def test_a_followed_author_is_the_reason():
    assert rank(DAY, Taste(authors=("Ada Byron",)), limit=1)[0].reason == Reason("author", "Ada Byron")


def test_many_readers_get_what_each_would_get_alone():
    tastes = [Taste(topics={"audio": 2}), Taste(), Taste(keywords=("laundry",))]
    alone = [rank(DAY, taste, limit=limit) for taste, limit in zip(tastes, (1, 3, 2), strict=True)]
    assert choose(Slate(DAY, Ranker()), tastes, limits=[1, 3, 2]) == alone
    assert [len(picks) for picks in alone] == [1, 3, 2]


def test_the_order_in_which_papers_are_given_changes_nothing():
    day = day_of(20)
    ranker, taste = Ranker(table=table_of(day)), TASTES[1]
    assert rank(day[::-1], taste, limit=9, ranker=ranker) == rank(day, taste, limit=9, ranker=ranker)


def test_what_no_paper_of_the_day_knows_is_no_wish():
    taste = Taste(topics={"none": 2}, opened={999: 1.0})
    block = score(Slate(DAY, Ranker(table=_silent(DAY))), [taste])
    assert not block.topics.nnz
    assert not block.opened.nnz


def day_of(count: int) -> list[Candidate]:
    """Invented papers on ten subjects, two topics each, with votes."""
    return [
        Candidate(
            100 + n,
            f"{SUBJECTS[n % 10]} number {n}",
            f"About {SUBJECTS[n % 10]} and {SUBJECTS[(n + 3) % 10]}.",
            authors=(f"Author {n % 7}",),
            topics={SUBJECTS[n % 10]: 0.9, SUBJECTS[(n + 3) % 10]: 0.4},
            votes=(n * 37) % 90,
            vector=np.eye(10, dtype=np.float32)[n % 10],
        )
        for n in range(count)
    ]


SUBJECTS = ["robot", "vision", "audio", "graph", "protein", "poetry", "traffic", "ocean", "finance", "quantum"]


def table_of(candidates: list[Candidate]):
    archive = [(f"{SUBJECTS[n % 10]} story {n}", f"More of {SUBJECTS[n % 10]}.") for n in range(60)]
    lexicon = Lexicon.fit(archive)
    texts = [(candidate.title, candidate.abstract) for candidate in candidates]
    reads = sp.csr_matrix(np.array([[reader % 10 == n % 10 for n in range(60)] for reader in range(40)], np.float32))
    return tabulate(
        compare(
            Shelf(list(range(60)), [title for title, _ in archive], lexicon.encode(archive)),
            Shelf([candidate.id for candidate in candidates], [t for t, _ in texts], lexicon.encode(texts)),
        ),
        reads,
        encode=lambda words: Shelf([], words, lexicon.encode([(word, "") for word in words])),
    )


TASTES = [
    Taste(opened={0: 1.0, 10: 0.5}),
    Taste(topics={"audio": 2, "ocean": -2}, opened={5: 1.0, 15: -1.0}),
    Taste(keywords=("traffic", "ocean"), authors=("Author 3",)),
    Taste(),
    Taste(
        topics={"graph": 1}, keywords=("quantum",), opened=dict.fromkeys(range(0, 60, 3), 1.0), seen=frozenset({101})
    ),
]


def test_what_a_reader_opened_brings_its_like_and_is_named():
    day = day_of(40)
    first = rank(day, TASTES[0], limit=5, ranker=Ranker(table=table_of(day)))[0]
    assert first.id % 10 in (0, 7)  # about robots, wholly or partly
    assert first.reason.kind == "opened"
    assert first.reason.value in ("robot story 0", "robot story 10")


def test_a_block_of_readers_gets_exactly_what_each_would_get_alone():
    day = day_of(60)
    slate = Slate(day, Ranker(table=table_of(day)))
    many = [TASTES[n % len(TASTES)] for n in range(53)]
    together = choose(slate, many, limits=[10] * len(many))
    assert together == [choose(slate, [taste], limits=[10])[0] for taste in many]


def test_a_table_keeps_nothing_of_its_own_size_that_it_was_made_of():
    texts = [(subject, f"About {subject}.") for subject in SUBJECTS]
    lexicon = Lexicon.fit(texts)
    shelf = Shelf(list(range(len(texts))), SUBJECTS, lexicon.encode(texts))
    content = compare(shelf, shelf)
    made_of = [weakref.ref(content.near), weakref.ref(content.smooth)]
    table = tabulate(content, encode=lambda words: Shelf([], words, lexicon.encode([(word, "") for word in words])))
    del content
    assert all(gone() is None for gone in made_of)
    assert table.voices(["ocean"]).shape == (1, len(SUBJECTS))


def test_rows_of_words_are_forgotten_by_what_they_take_and_nobodys_papers_change(monkeypatch):
    for module in ("slate", "affinity"):
        monkeypatch.setattr(f"papers.ranking.{module}.REMEMBERED", 5 * 60)  # rows of sixty candidates
    day, most = day_of(60), 0
    ranker = Ranker(table=table_of(day))
    slate = Slate(day, ranker)
    for number in range(12):
        taste = Taste(keywords=("ocean", f"story {number}"), authors=(f"Author {number}",))
        assert choose(slate, [taste], limits=[10])[0] == rank(day, taste, limit=10, ranker=Ranker(table=table_of(day)))
        most = max(most, len(slate.literal.matrix), len(slate.like.matrix), len(ranker.table.keyword_rows.found))
    assert most == 6


def test_reasons_are_made_of_the_words_that_are_named_and_not_of_all_that_were_asked_for():
    day = day_of(60)
    slate = Slate(day, Ranker(table=table_of(day)))
    taste = Taste(keywords=("traffic", *(f"lighthouse {number}" for number in range(9))), authors=("Nobody",))
    picks = choose(slate, [taste], limits=[10])[0]
    named = {pick.reason for pick in picks if pick.reason.kind in ("keyword", "near", "author")}
    assert named
    assert {reason for (kind, _), reason in slate.reasons.items() if kind in ("keyword", "near", "author")} == named


def test_taking_the_named_cause_away_lowers_the_score():
    day = day_of(60)
    ranker = Ranker(Weights(explore=False), table_of(day))
    lowered = [
        _score_of(pick.id, day, without(taste, pick.reason), ranker) < pick.score
        for taste in TASTES
        for pick in rank(day, taste, limit=10, ranker=ranker)
        if pick.reason.kind in ("topic", "keyword", "near", "author", "opened")
    ]
    assert len(lowered) > 20
    assert sum(lowered) >= 0.95 * len(lowered)


def without(taste: Taste, reason: Reason) -> Taste:
    if reason.kind == "topic":
        return replace(taste, topics={slug: w for slug, w in taste.topics.items() if slug != reason.value})
    if reason.kind in ("keyword", "near"):
        return replace(taste, keywords=tuple(word for word in taste.keywords if word != reason.value))
    if reason.kind == "author":
        return replace(taste, authors=())
    number = int(reason.value.split()[-1])
    return replace(taste, opened={pk: weight for pk, weight in taste.opened.items() if pk != number})


def _score_of(pk: int, day: list[Candidate], taste: Taste, ranker: Ranker) -> float:
    everything = replace(ranker, weights=replace(ranker.weights, floor=-10, filler=True))
    return next(pick.score for pick in rank(day, taste, limit=len(day), ranker=everything) if pick.id == pk)


def test_the_last_place_of_a_digest_is_for_the_unexpected_and_marked():
    day = day_of(60)
    taste = Taste(topics={"audio": 1})
    plain = rank(day, taste, limit=10, ranker=Ranker(Weights(explore=False)))
    open_minded = rank(day, taste, limit=10)
    assert open_minded[:9] == plain[:9]
    assert open_minded[9].reason.kind == "explore"
    assert "audio" not in next(c.topics for c in day if c.id == open_minded[9].id)


def test_something_is_unexpected_to_a_reader_who_opened_a_paper_and_nothing_to_one_who_told_us_nothing():
    day = day_of(40)
    slate = Slate(day, Ranker(table=table_of(day)))
    opened, nothing = choose(slate, [Taste(opened={0: 1.0}), Taste()], limits=[10, 10])
    assert [picks[-1].reason.kind for picks in (opened, nothing)] == ["explore", "votes"]


def test_diversity_keeps_a_digest_from_being_all_of_one_kind():
    day = day_of(60)
    taste = Taste(topics={"audio": 1, "robot": 1})
    kinds = {
        price: len({pick.id % 10 for pick in rank(day, taste, limit=6, ranker=Ranker(Weights(diversity=price)))})
        for price in (0, 2)
    }
    assert kinds[2] > kinds[0]


def test_a_short_digest_is_not_filled_with_papers_that_nothing_speaks_for_unless_the_editor_wants_it():
    quiet = [replace(candidate, votes=0) for candidate in day_of(60)]
    taste = Taste(topics={"audio": 1})
    short = rank(quiet, taste, limit=40)
    assert {pick.reason.kind for pick in short} == {"topic"}
    assert 0 < len(short) < 40
    assert len(rank(quiet, taste, limit=40, ranker=Ranker(Weights(filler=True)))) == 40


def test_of_two_papers_alike_the_newer_comes_first_and_the_one_that_the_editor_lifts_before_both():
    old, new = Candidate(1, "A robot", age_days=3), Candidate(2, "A robot")
    picks = rank([old, new, replace(old, id=3, boost=1)], Taste(), limit=3)
    assert [(pick.id, pick.reason.kind) for pick in picks] == [(3, "editor"), (2, "new"), (1, "new")]


def test_a_paper_that_many_upvoted_today_is_sent_for_its_votes():
    taste = Taste(topics={"audio": 1})
    kinds = {pick.reason.kind for pick in rank(day_of(60), taste, limit=40, ranker=Ranker(Weights(explore=False)))}
    assert kinds == {"topic", "votes"}


def test_one_vote_more_says_less_among_few_than_among_many():
    few, many = (
        [Candidate(n, "", votes=votes) for n, votes in enumerate([*levels, 1000])] for levels in ([0, 1], [30, 60])
    )
    gaps = [np.diff(Slate(day, Ranker()).votes)[0] for day in (few, many)]
    assert 0 < 10 * gaps[0] < gaps[1]
    assert not Slate([Candidate(n, "") for n in range(3)], Ranker()).votes.any()
    assert not Slate([Candidate(n, "", votes=7) for n in range(3)], Ranker()).votes.any()


def test_a_new_version_of_a_paper_that_was_sent_comes_marked_and_never_among_the_first_three():
    day = day_of(60)
    taste = Taste(topics={"audio": 1})
    plain = rank(day, taste, limit=10)
    again = rank(day, replace(taste, updated=frozenset({plain[0].id, plain[4].id})), limit=10)
    kinds = [pick.reason.kind for pick in again]
    assert "update" not in kinds[:3]
    assert {pick.id for pick in again if pick.reason.kind == "update"} == {plain[0].id, plain[4].id}
    assert [pick.id for pick in again[:3]] == [plain[1].id, plain[2].id, plain[3].id]


def test_new_versions_alone_make_no_digest():
    assert rank(DAY, Taste(topics={"audio": 1}, updated=frozenset({1, 2, 3})), limit=3) == []


def test_a_shade_of_likeness_to_a_keyword_is_no_reason():
    day = day_of(40)
    ranker = Ranker(Weights(votes=0, explore=False), table_of(day))
    for weights in (ranker.weights, replace(ranker.weights, filler=True, floor=-10)):
        picks = rank(day, Taste(keywords=("robot story",)), limit=40, ranker=replace(ranker, weights=weights))
        assert {pick.id % 10 for pick in picks if pick.reason.kind == "near"} == {
            0
        }  # not 7, whose abstract names robots


def test_likeness_to_an_opened_paper_is_told_of_few_papers():
    rng = np.random.default_rng(7)

    def shelf(ids):
        vectors = rng.normal(size=(len(ids), 10)).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1)[:, None]
        return Shelf(ids, [f"Story {n}" for n in ids], sp.csr_matrix((len(ids), 1), dtype=np.float32), vectors)

    day = day_of(100)
    ranker = Ranker(
        Weights(votes=0, explore=False), tabulate(compare(shelf(range(60)), shelf([paper.id for paper in day])))
    )
    tastes = [Taste(topics={"none": 1}, opened={n: 1.0}) for n in range(60)]
    told = choose(Slate(day, ranker), tastes, limits=[100] * 60)
    assert {pick.reason.kind for picks in told for pick in picks} == {"opened"}
    assert 5 < np.mean([len(picks) for picks in told]) < 13  # of 100


def test_a_paper_that_a_reader_wants_less_of_is_never_the_reason():
    """Unlike what is not wanted is true of most papers; it lifts them, and speaks for none of them."""
    likeness = np.array([[3, -9, -2], [-1, 4, -1]], np.float32)
    table = Table([1, 2, 3], {7: 0, 8: 1}, ["Unwanted", "Wanted"], likeness, likeness)
    tastes = [Taste(topics={"none": 1}, opened=opened) for opened in ({7: -1.0}, {7: -1.0, 8: 1.0})]
    slate = Slate(DAY, Ranker(Weights(votes=0, explore=False), table))
    only_less, both = choose(slate, tastes, limits=[3, 3])
    assert only_less == []
    assert [(pick.id, pick.reason) for pick in both] == [(2, Reason("opened", "Wanted"))]


def test_what_was_liked_is_not_said_to_have_been_opened():
    likeness = np.array([[5, -1, -4], [-1, 5, -4]], np.float32)
    table = Table([1, 2, 3], {7: 0, 8: 1}, ["Clicked", "Upvoted"], likeness, likeness)
    taste = Taste(topics={"none": 1}, opened={7: 1.0, 8: 1.0}, liked=frozenset({8}))
    picks = rank(DAY, taste, limit=3, ranker=Ranker(Weights(votes=0, explore=False), table))
    assert {pick.id: pick.reason for pick in picks} == {1: Reason("opened", "Clicked"), 2: Reason("liked", "Upvoted")}


def test_who_asked_for_something_gets_three_papers_at_most_for_their_votes_alone():
    day = [Candidate(n, f"Paper {n}", votes=10 * n) for n in range(1, 40)] + [replace(ROBOTS, id=99)]
    tastes = [Taste(topics={"robotics": 1}), Taste(), Taste(authors=("Ada Byron",))]
    asked, nothing, author = choose(Slate(day, Ranker()), tastes, limits=[10] * 3)
    assert [pick.id for pick in asked] == [pick.id for pick in author] == [99, 39, 38, 37]
    assert [pick.reason.kind for pick in asked] == ["topic", "votes", "votes", "votes"]
    assert len(nothing) == 10
    full = rank(day, Taste(topics={"robotics": 1}), limit=10, ranker=Ranker(Weights(filler=True)))
    assert len(full) == 10


def test_a_click_costs_a_reader_who_asked_for_nothing_no_papers():
    day = day_of(40)
    ranker = Ranker(Weights(), table_of(day))
    before, after = choose(Slate(day, ranker), [Taste(), Taste(opened={0: 1.0})], limits=[30, 30])
    assert len(before) == len(after) == 30
    assert before[0] != after[0]
    assert after[0].reason.kind == "opened"


def test_a_paper_below_the_floor_is_not_sent_to_a_reader_we_know():
    day = day_of(60)
    picks = rank(day, Taste(topics={"audio": 1}), limit=60, ranker=Ranker(Weights(floor=0.5, explore=False)))
    assert 0 < len({pick.id for pick in picks}) == len(picks) < 60
    assert all(pick.score >= 0.5 for pick in picks)
    assert len(rank(day, Taste(), limit=60, ranker=Ranker(Weights(floor=0.5)))) == 60


def test_a_keyword_that_stands_nowhere_still_finds_its_neighbourhood_and_says_so():
    day = day_of(40)
    first = rank(day, Taste(keywords=("robot story",)), limit=1, ranker=Ranker(Weights(votes=0), table_of(day)))[0]
    assert (first.reason.kind, first.id % 10) == ("near", 0)


def test_a_keyword_of_few_papers_is_heard_before_the_votes_and_one_of_many_is_not():
    day = day_of(40)
    favourite = max(day, key=lambda paper: paper.votes)
    rare, common = (rank(day, Taste(keywords=(words,)), limit=1)[0] for words in ("number 11", "number"))
    assert (rare.id, rare.reason) == (111, Reason("keyword", "number 11"))
    assert (common.id, common.reason.kind) == (favourite.id, "votes")


def test_a_paper_on_a_keyword_still_comes_after_hundreds_of_clicks():
    day = [replace(paper, votes=0) for paper in DAY]
    taste = Taste(keywords=("laundry",), opened=dict.fromkeys(range(200), 1.0))
    assert [(pick.id, pick.reason) for pick in rank(day, taste, limit=3, ranker=Ranker(table=_silent(day)))] == [
        (ROBOTS.id, Reason("keyword", "laundry"))
    ]


def _silent(day: list[Candidate]) -> Table:
    """Two hundred papers of the archive that say nothing of the day's."""
    nothing = np.zeros((200, len(day)), np.float32)
    return Table([paper.id for paper in day], {n: n for n in range(200)}, ["Old"] * 200, nothing, nothing)


def test_nonsense_weights_are_refused_by_name():
    with pytest.raises(NonsenseWeights, match="votes"):
        Weights(votes=-1)


def test_a_table_of_other_candidates_is_refused():
    with pytest.raises(ValueError, match="other candidates"):
        rank(day_of(10), Taste(), limit=1, ranker=Ranker(table=table_of(day_of(20))))
