"""Vectors without the extra: latent semantic analysis (truncated SVD of TF-IDF) fitted on the papers we have."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from papers.vectors.lexical import Lexicon, Text

WIDTH = 256
# Rare terms name single papers; these many common ones hold what papers share.
TERMS = 20_000
# With fewer papers than this there is nothing to find.
FEWEST = 20


@dataclass(frozen=True)
class Lsa:
    """A fitted projection from words to vectors of at most 256 numbers."""

    lexicon: Lexicon
    axes: NDArray[np.float32]  # (terms, width)

    @classmethod
    def fit(cls, texts: Sequence[Text]) -> Lsa:
        """Find the axes: a randomised SVD (Halko, Martinsson, Tropp 2011), about 1 s for 1,000 abstracts."""
        lexicon = Lexicon.fit(texts)
        common = sorted(sorted(lexicon.column_of, key=lambda term: lexicon.rarity[lexicon.column_of[term]])[:TERMS])
        columns = [lexicon.column_of[term] for term in common]
        lexicon = Lexicon({term: column for column, term in enumerate(common)}, lexicon.rarity[columns])
        matrix = lexicon.encode(texts)
        width = min(WIDTH, *(side - 1 for side in matrix.shape))
        basis = np.random.default_rng(0).standard_normal((matrix.shape[0], width + 10), dtype=np.float32)
        for _ in range(3):
            basis = matrix @ (matrix.T @ np.linalg.qr(basis)[0])
        _, _, axes = np.linalg.svd((matrix.T @ np.linalg.qr(basis)[0]).T, full_matrices=False)
        return cls(lexicon, np.ascontiguousarray(axes[:width].T.astype(np.float32)))

    def encode(self, texts: Sequence[Text]) -> NDArray[np.float32]:
        """Return one unit row a text; zeros when it shares no word with the archive."""
        vectors = self.lexicon.encode(texts) @ self.axes
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        unit: NDArray[np.float32] = (vectors / np.maximum(lengths, 1e-9)).astype(np.float32)
        return unit

    def to_bytes(self) -> bytes:
        """Return the projection as a compressed npz file; it holds numbers and a JSON list, nothing executable."""
        file = io.BytesIO()
        terms = np.frombuffer(json.dumps(list(self.lexicon.column_of)).encode(), np.uint8)
        np.savez_compressed(file, terms=terms, rarity=self.lexicon.rarity, axes=self.axes.astype(np.float16))
        return file.getvalue()

    @classmethod
    def from_bytes(cls, body: bytes) -> Lsa:
        """Read what `to_bytes` wrote."""
        with np.load(io.BytesIO(body), allow_pickle=False) as stored:
            terms = json.loads(stored["terms"].tobytes())
            lexicon = Lexicon({term: column for column, term in enumerate(terms)}, stored["rarity"])
            return cls(lexicon, stored["axes"].astype(np.float32))
