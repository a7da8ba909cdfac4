"""A word that no paper holds, and the likeliest one that was meant."""

from __future__ import annotations

import itertools
import string
from collections import Counter
from collections.abc import Mapping

from django.core.cache import cache

from papers.models import Paper, Topic
from papers.search import words

TITLES = 10_000  # newest ones whose words we know
LETTERS = string.ascii_lowercase + string.digits
SHORTEST = 4  # letters; a shorter word has too many neighbours
LONG = 8  # letters; such a word may have two slips
KEPT = 3600  # seconds
# So many words of a query are compared with all that we know: a tenth of a second each, when it is made for it.
MOST_FAR = 3


def vocabulary() -> dict[str, int]:
    """Return how often each word stands in the newest titles, among their authors and in the topics; kept an hour."""
    known = cache.get("papers.words")
    if known is None:
        known = dict(_count())
        cache.set("papers.words", known, KEPT)
    return known


def _count() -> Counter[str]:
    newest = Paper.objects.published().order_by("-id").values_list("title", "authors")[:TITLES]
    texts = itertools.chain.from_iterable((title, *authors[:10]) for title, authors in newest.iterator(2_000))
    counts = Counter(word for text in texts for word in words.plain(text).split() if len(word) >= SHORTEST)
    for name in Topic.objects.values_list("name", flat=True):
        counts.update(word for word in words.plain(name).split() if len(word) >= SHORTEST)
    return counts


def correct(text: str, known: Mapping[str, int]) -> str:
    """Return the text with each unknown word replaced by its nearest known one, the commoner first."""
    typed = words.plain(text[: words.LONGEST]).split()[: words.MOST_TERMS]
    better = [word if word in known else _near(word, known) or word for word in typed]
    far = [place for place, word in enumerate(better) if word not in known and _may_be_far(word)]
    for place in far[:MOST_FAR]:
        better[place] = _far(better[place], known) or better[place]
    return text if better == typed else " ".join(better)


def nearest(word: str, known: Mapping[str, int]) -> str | None:
    """Return the known word within one slip (two from eight letters on), or None."""
    return _near(word, known) or (_far(word, known) if _may_be_far(word) else None)


def _may_be_far(word: str) -> bool:
    """Say whether to compare with all words: for a second slip, or for one in letters that are none of English."""
    return len(word) >= (SHORTEST if not word.isascii() else LONG)


def _near(word: str, known: Mapping[str, int]) -> str | None:
    """Return the commonest known word one slip away: nearly every slip is a single one, and soon looked up."""
    if len(word) < SHORTEST:
        return None
    once = [(-known[other], other) for other in _one_slip_from(word) if other in known]
    return min(once)[1] if once else None


def _far(word: str, known: Mapping[str, int]) -> str | None:
    """Return the known word within one slip (two from eight letters on), which takes thirty times as long."""
    slips, letters = 1 if len(word) < LONG else 2, set(word)
    near = []
    for other, count in known.items():
        # Each slip changes the length by one at most, and the set of letters by two.
        if abs(len(other) - len(word)) > slips or len(letters ^ set(other)) > 2 * slips:
            continue
        distance = slips_between(word, other, most=slips)
        if distance <= slips:
            near.append((distance, -count, other))
    return min(near)[2] if near else None


def _one_slip_from(word: str) -> set[str]:
    """Return what stands one slip from `word`, in the letters of English."""
    halves = [(word[:place], word[place:]) for place in range(len(word) + 1)]
    found = {left + right[1:] for left, right in halves if right}
    found |= {left + right[1] + right[0] + right[2:] for left, right in halves if len(right) > 1}
    for letter in LETTERS:
        found |= {left + letter + right for left, right in halves}
        found |= {left + letter + right[1:] for left, right in halves}
    return found - {word}


def slips_between(one: str, other: str, *, most: int = words.LONGEST) -> int:
    """Return how many letters were left out, added, changed or swapped with their neighbour (optimal alignment).

    When there are more than `most` it is left at that: some number above `most`.
    """
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, start=1):
        above, before, row = before, row, [i]
        for j, b in enumerate(other, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, above[j - 2] + 1)
            row.append(cost)
        if min(row) > most and min(before) > most:
            return most + 1
    return row[-1]
