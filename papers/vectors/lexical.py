"""Texts as weighted words: TF-IDF over words and word pairs, fitted on the papers we know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from papers.ranking.words import words

Text = tuple[str, str]  # title, abstract

# In a small archive every word is rare; from this size on a word must stand in two papers and in no more than a fifth.
MANY_TEXTS = 200
RAREST, MOST_COMMON = 2, 0.2


@dataclass(frozen=True)
class Lexicon:
    """The known terms, each with a column and its inverse document frequency."""

    column_of: dict[str, int]
    rarity: NDArray[np.float32]

    @classmethod
    def fit(cls, texts: Iterable[Text]) -> Lexicon:
        """Learn which terms there are and how rare each is."""
        found: Counter[str] = Counter()
        count = 0
        for text in texts:
            found.update(set(terms(text)))
            count += 1
        is_large = count >= MANY_TEXTS
        low, high = (RAREST, MOST_COMMON * count) if is_large else (1, max(count, 1))
        kept = sorted(term for term, seen in found.items() if low <= seen <= high)
        rarity = np.log((1 + count) / (1 + np.array([found[term] for term in kept], float))) + 1
        return cls({term: column for column, term in enumerate(kept)}, rarity.astype(np.float32))

    def encode(self, texts: Sequence[Text]) -> sp.csr_matrix:
        """Return one row of length 1 a text (0 when it holds no known term); counts count by their logarithm."""
        columns: list[int] = []
        counts: list[int] = []
        ends = [0]
        for text in texts:
            known = Counter(self.column_of[term] for term in terms(text) if term in self.column_of)
            columns += known.keys()
            counts += known.values()
            ends.append(len(columns))
        weights = (1 + np.log(np.array(counts, np.float32))) * self.rarity[np.array(columns, np.intp)]
        matrix = sp.csr_matrix((weights, columns, ends), (len(texts), len(self.column_of)))
        lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(1)).ravel())
        return sp.csr_matrix(sp.diags(1 / np.maximum(lengths, 1e-9)) @ matrix, dtype=np.float32)


def terms(text: Text) -> list[str]:
    """Return words and pairs of neighbours; without a title the words are taken to stand in no order."""
    title, abstract = text
    found = words(f"{title} {abstract}")
    return found + [f"{left} {right}" for left, right in pairwise(found)] if title else found
