"""The ranker of a day: made from the papers and from what readers opened, in seconds, and kept for an hour.

Nothing of it is stored. Who takes back the consent or is deleted is out of it an hour later."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp

from newsletter.models import Event, Recipe
from newsletter.taste import MAY_BE_LEARNED
from papers.models import Paper
from papers.ranking import Candidate, Ranker
from papers.ranking.affinity import Shelf, Table, compare, tabulate
from papers.vectors import from_bytes, semantic
from papers.vectors.lexical import Lexicon

# Kernel regression of 4,000 papers takes half a second and 64 MB; older reading says little of today.
ARCHIVE = 4_000
LEARNED_FROM = dt.timedelta(days=180)
# Whose reading is enough to learn which papers go together.
READS = 500_000
KEPT_FOR = dt.timedelta(hours=1)
# With fewer papers a table would be noise.
FEWEST = 20
_kept: dict[tuple[int, ...], tuple[dt.datetime, Table]] = {}


def ranker_of(candidates: Sequence[Candidate], *, now: dt.datetime) -> Ranker:
    """Return the ranker for these candidates, with the editor's weights."""
    return Ranker(Recipe.in_force(), _table_of(candidates, now=now))


def _table_of(candidates: Sequence[Candidate], *, now: dt.datetime) -> Table | None:
    key = tuple(sorted(candidate.id for candidate in candidates))
    made_at, table = _kept.get(key, (None, None))
    if made_at is None or not made_at <= now < made_at + KEPT_FOR:
        table = _make(key, now=now)
        if table is None:
            return None
        _kept.clear()  # one day's table at a time: it is the size of the archive times the candidates
        _kept[key] = (now, table)
    return table


def _make(ids: Sequence[int], *, now: dt.datetime) -> Table | None:
    signs = Event.objects.filter(MAY_BE_LEARNED, at__range=(now - LEARNED_FROM, now), paper__isnull=False)
    likes = signs.exclude(kind=Event.Kind.LESS).order_by("-at")
    pairs = np.array(likes.values_list("subscriber", "paper")[:READS], np.int64).reshape(-1, 2)
    archive = _archive(pairs)
    if len(archive) < FEWEST or not ids:
        return None
    rows = {pk: (title, abstract, stored, version) for pk, title, abstract, stored, version in _texts({*archive, *ids})}
    lexicon = Lexicon.fit(rows[pk][:2] for pk in archive)
    content = compare(_shelf(archive, rows, lexicon), _shelf(ids, rows, lexicon))
    has_vectors = content.archive.vectors is not None

    def encode(keywords: Sequence[str]) -> Shelf:
        vectors = semantic.encode(keywords) if has_vectors and semantic.is_available() else None
        return Shelf([], keywords, lexicon.encode([(keyword, "") for keyword in keywords]), vectors)

    return tabulate(content, _reads(pairs, archive), encode=encode)


def _archive(pairs: np.ndarray) -> list[int]:
    """Return what was opened most, filled up with the newest papers."""
    papers, counts = np.unique(pairs[:, 1], return_counts=True)
    opened = papers[np.argsort(-counts, kind="stable")][:ARCHIVE].tolist()
    newest = Paper.objects.published().order_by("-featured_on", "-pk").values_list("pk", flat=True)
    return list(dict.fromkeys([*opened, *newest[:ARCHIVE]]))[:ARCHIVE]


def _texts(ids: set[int]) -> list[tuple[int, str, str, bytes | None, str]]:
    fields = ("pk", "title", "abstract", "vector", "vector_version")
    return [row for part in _parts(sorted(ids)) for row in Paper.objects.filter(pk__in=part).values_list(*fields)]


def _parts(ids: list[int], size: int = 5_000) -> list[list[int]]:
    return [ids[start : start + size] for start in range(0, len(ids), size)]


def _shelf(ids: Sequence[int], rows: dict[int, tuple[str, str, bytes | None, str]], lexicon: Lexicon) -> Shelf:
    there = [pk for pk in ids if pk in rows]
    vectors = np.zeros((len(there), semantic.WIDTH), np.float32)
    for vector, pk in zip(vectors, there, strict=True):
        if rows[pk][3] == semantic.VERSION and (stored := from_bytes(rows[pk][2])) is not None:
            vector[:] = stored
    texts = [rows[pk][:2] for pk in there]
    return Shelf(there, [title for title, _ in texts], lexicon.encode(texts), vectors if vectors.any() else None)


def _reads(pairs: np.ndarray, archive: Sequence[int]) -> sp.csr_matrix | None:
    """Return who opened what, shape (readers, archive), once each."""
    column_of = {pk: column for column, pk in enumerate(archive)}
    known = np.array([pair for pair in pairs.tolist() if pair[1] in column_of], np.int64).reshape(-1, 2)
    if not len(known):
        return None
    readers, row = np.unique(known[:, 0], return_inverse=True)
    columns = [column_of[pk] for pk in known[:, 1]]
    reads = sp.csr_matrix((np.ones(len(row), np.float32), (row, columns)), (len(readers), len(archive)))
    reads.data[:] = 1
    return reads
