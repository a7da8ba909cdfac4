"""Every paper keeps a vector of the current version; a new version replaces the old while the service runs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from papers.models import Paper, VectorModel
from papers.vectors import semantic
from papers.vectors.lexical import Text
from papers.vectors.lsa import FEWEST, Lsa

Encoder = Callable[[Sequence[Text]], NDArray[np.float32]]

# A killed worker loses one batch: some seconds of work with sentence vectors.
BATCH = 25
# The projection is fitted on so many of the newest papers at most.
FITTED_ON = 20_000
# When the archive is so many times what the projection knows, it is fitted anew.
GROWN = 2
_fitted: dict[str, Lsa] = {}


def catch_up(*, now: dt.datetime, limit: int | None = None, say: Callable[[str], None] = lambda line: None) -> int:
    """Give the papers without a vector of the current version one, newest first; return how many."""
    version, encode = current(now=now)
    if encode is None:
        return 0
    waiting = Paper.objects.with_other_vectors(version).order_by("-featured_on", "-pk")
    total = waiting.count() if limit is None else min(waiting.count(), limit)
    done = 0
    while done < total:
        batch = list(waiting.only("pk", "title", "abstract")[: min(BATCH, total - done)])
        if not batch:
            break
        for paper, vector in zip(batch, encode([(p.title, p.abstract) for p in batch]), strict=True):
            paper.vector, paper.vector_version = to_bytes(vector), version
        with transaction.atomic():
            Paper.objects.bulk_update(batch, ["vector", "vector_version"])
        done += len(batch)
        say(f"{done:,} of {total:,} papers")
    return done


def current(*, now: dt.datetime) -> tuple[str, Encoder | None]:
    """Return the current version and how to encode; (“”, None) while there are too few papers to fit anything."""
    if semantic.is_available():
        return semantic.VERSION, _semantic
    newest = VectorModel.objects.order_by("-pk").defer("body").first()
    if newest is None or Paper.objects.count() >= GROWN * newest.papers:
        newest = refit(now=now) or newest
    if newest is None:
        return "", None
    if newest.version not in _fitted:
        _fitted.clear()
        _fitted[newest.version] = Lsa.from_bytes(bytes(newest.body))
    return newest.version, _fitted[newest.version].encode


def refit(*, now: dt.datetime) -> VectorModel | None:
    """Fit the projection on the archive and keep it; papers get their new vectors by `catch_up`.

    Readers of vectors compare only those of one version, so a half-done change costs nearness, never an error."""
    texts = list(Paper.objects.order_by("-featured_on", "-pk").values_list("title", "abstract")[:FITTED_ON])
    if len(texts) < FEWEST:
        return None
    version = f"lsa-{now:%Y%m%d%H%M%S}"
    body = Lsa.fit(texts).to_bytes()
    model, _created = VectorModel.objects.get_or_create(
        version=version, defaults={"made_at": now, "papers": Paper.objects.count(), "body": body}
    )
    VectorModel.objects.filter(pk__lt=model.pk).delete()
    return model


def to_bytes(vector: NDArray[np.float32]) -> bytes:
    """Return a vector as it is stored: float16, little-endian."""
    return vector.astype("<f2").tobytes()


def from_bytes(stored: bytes | memoryview | None) -> NDArray[np.float32] | None:
    """Return a stored vector, or None where there is none."""
    return np.frombuffer(bytes(stored), "<f2").astype(np.float32) if stored else None


def _semantic(texts: Sequence[Text]) -> NDArray[np.float32]:
    return semantic.encode([" ".join(text).strip() for text in texts])
