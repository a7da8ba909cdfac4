"""Sentence vectors kept on disk between evaluations: a data set is encoded once a model."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from papers.ranking.values import Floats
from papers.vectors import semantic

# A run that is stopped loses the work of one part, some seconds.
PART = 250


class Kept:
    """The vectors of texts, by the hash of the text; float16, as papers keep theirs."""

    def __init__(self, folder: Path, *, say: Callable[[str], None] = lambda line: None) -> None:
        self.file, self.say = folder / f"{semantic.VERSION}.npz", say
        self.row_of: dict[bytes, int] = {}
        self.vectors = np.zeros((0, semantic.WIDTH), np.float16)
        if self.file.is_file():
            with np.load(self.file, allow_pickle=False) as stored:
                keys, self.vectors = stored["keys"], stored["vectors"]
            self.row_of = {key.tobytes(): row for row, key in enumerate(keys)}

    def encode(self, texts: Sequence[str]) -> Floats:
        """Return one unit vector a text; what is new is encoded and kept."""
        keys = [hashlib.blake2b(text.encode(), digest_size=16).digest() for text in texts]
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in self.row_of}
        for start in range(0, len(new), PART):
            self._learn(dict(list(new.items())[start : start + PART]))
            self.say(f"  encoded {min(start + PART, len(new)):,} of {len(new):,} texts")
        found: Floats = self.vectors[[self.row_of[key] for key in keys]].astype(np.float32)
        return found

    def _learn(self, texts: dict[bytes, str]) -> None:
        encoded: NDArray[np.float16] = semantic.encode(list(texts.values())).astype(np.float16)
        self.row_of |= {key: len(self.row_of) + number for number, key in enumerate(texts)}
        self.vectors = np.concatenate([self.vectors, encoded])
        self._save()

    def _save(self) -> None:
        """Put the new file in the place of the old, so that a killed run leaves a whole one."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        keys = np.frombuffer(b"".join(self.row_of), np.uint8).reshape(-1, 16)
        draft = self.file.with_suffix(".draft.npz")
        np.savez(draft, keys=keys, vectors=self.vectors)
        draft.replace(self.file)
