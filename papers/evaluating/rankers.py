"""What is measured: the production ranker, and the baselines that it must beat."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence

import numpy as np
import scipy.sparse as sp

from papers.evaluating.dataset import DataSet, Situation, shuffled
from papers.ranking import Candidate, Ranker, Slate, Taste, Weights, choose
from papers.ranking.affinity import Shelf, Table, compare, tabulate
from papers.ranking.values import Floats
from papers.vectors.lexical import Lexicon, Text

# All by score: a digest's last place for the unexpected and its diversity are choices, not likelihoods.
PLAIN = Weights(explore=False, diversity=0, floor=-10, filler=True)
# The readers of the slates are left out of the history in so many groups.
FOLDS = 5
READERS_A_BLOCK = 500
Rankings = list[list[int]]


class Production:
    """Slate, Ranker, Taste and Table as the digests use them, over a data set's papers."""

    def __init__(self, data: DataSet, sentence_vectors: Callable[[Sequence[str]], Floats] | None) -> None:
        self.data, self.sentence_vectors = data, sentence_vectors
        self.lexicon = Lexicon.fit(data.texts[row] for row in data.archive)
        cold = data.archive if data.cold is None else data.cold
        # A random order: equal scores must not follow the order of the file.
        self.cold = [cold[place] for place in shuffled(len(cold))]
        # Where nothing is cold, what a reader read stands among the candidates.
        self.place_of_read = {row: place for place, row in enumerate(self.cold)} if data.cold is None else {}
        # Candidates count from 0 in that order, because ranking keeps equal scores in the order of ids.
        archive = self._shelf(data.archive, data.archive)
        self.content = compare(archive, self._shelf(list(range(len(cold))), self.cold))

    def of_readers(self, readers: Sequence[str]) -> Rankings:
        """Rank all cold papers for each reader."""
        table = tabulate(self.content, self.data.reads)
        slate = Slate([Candidate(place, "") for place in table.ids], Ranker(PLAIN, table))
        rankings: Rankings = []
        for start in range(0, len(readers), READERS_A_BLOCK):
            block = readers[start : start + READERS_A_BLOCK]
            tastes = [self._taste(self.data.history.get(reader, ())) for reader in block]
            for picks in choose(slate, tastes, limits=[100] * len(tastes)):
                rankings.append([self.cold[pick.id] for pick in picks])
        del table, slate
        gc.collect()  # a slate refers to itself, and its table is as large as the archive times the cold papers
        return rankings

    def of_situations(self, situations: Sequence[Situation]) -> Rankings:
        """Rank each slate with a table that never saw its reader."""
        ranked: Rankings = [[] for _ in situations]
        readers = sorted({situation.reader for situation in situations})
        column_of = {row: column for column, row in enumerate(self.cold)}
        wishes = sorted({keyword for situation in situations for keyword in situation.follows})
        for fold in range(min(FOLDS, len(readers))):
            group = {readers[place] for place in shuffled(len(readers))[fold::FOLDS]}
            kept = [number for number, reader in enumerate(self.data.readers) if reader not in group]
            table = tabulate(self.content, self.data.reads[kept], encode=self._keywords)
            if wishes and table.keyword_rows:
                table.keyword_rows(wishes)  # all in one go, and remembered
            for number, situation in enumerate(situations):
                if situation.reader in group:
                    ranked[number] = self._of_situation(situation, table, column_of)
            del table
            gc.collect()  # before the next one is made
        return ranked

    def _of_situation(self, situation: Situation, table: Table, column_of: dict[int, int]) -> list[int]:
        rows, upvotes = _in_random_order(situation)
        texts = self.data.texts
        candidates = [
            Candidate(n, *texts[row], votes=votes) for n, (row, votes) in enumerate(zip(rows, upvotes, strict=True))
        ]
        part = table.part(range(len(rows)), [column_of[row] for row in rows], opened=situation.read)
        slate = Slate(candidates, Ranker(PLAIN, part))
        picks = choose(slate, [self._taste(situation.read, situation.follows)], limits=[100])[0]
        return [rows[pick.id] for pick in picks]

    def _taste(self, read: Sequence[int], follows: Sequence[str] = ()) -> Taste:
        seen = (self.place_of_read[row] for row in read if row in self.place_of_read)
        return Taste(keywords=tuple(follows), opened=dict.fromkeys(read, 1.0), seen=frozenset(seen))

    def _keywords(self, keywords: Sequence[str]) -> Shelf:
        return self._described([], [(keyword, "") for keyword in keywords])

    def _shelf(self, ids: Sequence[int], rows: Sequence[int]) -> Shelf:
        return self._described(ids, [self.data.texts[row] for row in rows])

    def _described(self, ids: Sequence[int], texts: Sequence[Text]) -> Shelf:
        vectors = self.sentence_vectors([" ".join(text).strip() for text in texts]) if self.sentence_vectors else None
        return Shelf(ids, [title for title, _ in texts], self.lexicon.encode(texts), vectors)


class Centroid:
    """The baseline of TF-IDF: cosine with the mean vector of what was read."""

    def __init__(self, data: DataSet) -> None:
        self.data = data
        lexicon = Lexicon.fit(data.texts[row] for row in data.archive)
        self.words = lexicon.encode(data.texts)
        cold = data.archive if data.cold is None else data.cold
        self.cold = [cold[place] for place in shuffled(len(cold))]

    def of_readers(self, readers: Sequence[str]) -> Rankings:
        """Rank all cold papers for each reader."""
        words = self.words[self.cold]
        return [self._ranked(self.data.history.get(reader, ()), self.cold, words) for reader in readers]

    def of_situations(self, situations: Sequence[Situation]) -> Rankings:
        """Rank each slate by what was read; its topics and votes are not looked at."""
        rows = [_in_random_order(situation)[0] for situation in situations]
        return [
            self._ranked(situation.read, candidates, self.words[candidates])
            for situation, candidates in zip(situations, rows, strict=True)
        ]

    def _ranked(self, read: Sequence[int], candidates: Sequence[int], words: sp.csr_matrix) -> list[int]:
        profile = np.asarray(self.words[list(read)].sum(0)).ravel() if read else np.zeros(self.words.shape[1])
        order = np.argsort(-(words @ profile), kind="stable")
        taken = frozenset(read)
        return [candidates[place] for place in order if candidates[place] not in taken][:100]


class Upvotes:
    """The baseline of the front page: most upvotes first. It says nothing about papers without votes."""

    def of_situations(self, situations: Sequence[Situation]) -> Rankings:
        """Rank each slate by upvotes, equal ones at random."""
        rankings: Rankings = []
        for situation in situations:
            rows, upvotes = _in_random_order(situation)
            rankings.append([rows[place] for place in np.argsort(-np.array(upvotes), kind="stable")])
        return rankings


class Random:
    """The baseline of no knowledge."""

    def __init__(self, data: DataSet) -> None:
        self.cold = data.archive if data.cold is None else data.cold
        self.random = np.random.default_rng(1)

    def of_readers(self, readers: Sequence[str]) -> Rankings:
        """Rank the cold papers by dice."""
        return [[self.cold[place] for place in self.random.permutation(len(self.cold))[:100]] for _ in readers]

    def of_situations(self, situations: Sequence[Situation]) -> Rankings:
        """Rank each slate by dice."""
        return [self.random.permutation(situation.candidates).tolist() for situation in situations]


def _in_random_order(situation: Situation) -> tuple[list[int], list[int]]:
    order = shuffled(len(situation.candidates)).tolist()
    return [situation.candidates[place] for place in order], [situation.upvotes[place] for place in order]
