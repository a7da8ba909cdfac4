"""What each reader likes, as plain values for the ranker: a handful of queries for any number of readers.

What is learned lives in the events alone: when they go (a reader is deleted, or takes back the consent), it is gone.
"""

from __future__ import annotations

import datetime as dt
import json
import math
from collections import defaultdict
from collections.abc import Collection
from functools import lru_cache

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from newsletter.models import Digest, Event
from newsletter.models.picks import papers_in, read_picks
from newsletter.models.statement import Given, select
from papers.models import Paper
from papers.ranking import Taste
from subscribers.models import Subscriber, TopicPreference

# A paper comes back to nobody within this time; older candidates do not exist.
SEEN_FOR = dt.timedelta(days=60)
# A candidate is of this time; an older paper's new version is not sent.
SENT_AGAIN_FOR = dt.timedelta(days=8)
# What was opened so long ago counts half; after a year it is not looked at.
HALF_LIFE = dt.timedelta(days=60)
REMEMBERED_FOR = dt.timedelta(days=365)
MOST_OPENED = 50
SIGNS = {Event.Kind.CLICKED: 1.0, Event.Kind.MORE: 1.0, Event.Kind.UPVOTED: 1.0, Event.Kind.LESS: -1.0}
PRAISE = frozenset({Event.Kind.MORE, Event.Kind.UPVOTED})
# What a person pressed a button for may always be used; clicks only with consent, and never those of a scanner.
MAY_BE_LEARNED = Q(is_machine=False) & (
    Q(kind__in=[Event.Kind.MORE, Event.Kind.UPVOTED, Event.Kind.LESS])
    | Q(kind=Event.Kind.CLICKED, subscriber__tracking=Subscriber.Consent.GRANTED)
)


def tastes_of(
    subscriber_ids: Collection[int], *, now: dt.datetime, since: dt.datetime | None = None
) -> dict[int, Taste]:
    """Return the taste of each of these readers; an unknown id is left out.

    Nobody asks for papers that came before `since`, so older digests are not read for what was seen.
    """
    ids = frozenset(subscriber_ids)
    topics = _topics(ids)
    earliest = now - SEEN_FOR
    seen, updated = _seen(ids, now=now, since=max(earliest, since) if since and since < now else earliest)
    opened, liked = _opened(ids, now=now)
    found = {}
    for pk, keywords, authors, wants_updates in _wishes_of(Subscriber.objects.all(), readers=ids):
        had, again = seen.get(pk, _NOTHING), updated.get(pk, _NOTHING) if wants_updates else _NOTHING
        praised, left = frozenset(liked.get(pk, _NOTHING)), frozenset(had - again if again else had)
        wishes = (topics[pk], _words(keywords), _words(authors))
        found[pk] = Taste(*wishes, opened[pk], praised, seen=left, updated=frozenset(again))
    return found


# A frozenset of a frozenset is itself: readers of whom nothing is known share this one, 1.3 kB less for each.
_NOTHING: frozenset[int] = frozenset()


@lru_cache(maxsize=4_096)
def _words(text: str) -> tuple[str, ...]:
    """Return a list kept as JSON; most readers have the same one, an empty one."""
    return tuple(json.loads(text))


def remember(opened: dict[int, float], paper: int, weight: float) -> None:
    """Add one sign to what a reader opened: the last word on a paper counts, the oldest of 50 papers is forgotten."""
    opened.pop(paper, None)
    opened[paper] = weight
    if len(opened) > MOST_OPENED:
        del opened[next(iter(opened))]


def weight_of(kind: str, age: dt.timedelta) -> float:
    """Return what a sign of this kind and age counts, -1 to 1."""
    return SIGNS[Event.Kind(kind)] * 0.5 ** (age / HALF_LIFE)


def _topics(subscriber_ids: Collection[int]) -> dict[int, dict[str, int]]:
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for pk, slug, weight in _topics_of(TopicPreference.objects.all(), readers=subscriber_ids):
        found[pk][slug] = weight
    return found


@select
def _topics_of(preferences: QuerySet) -> QuerySet:
    mine = preferences.filter(subscriber_id__within=Given("readers"))
    return mine.values_list("subscriber", "topic__slug", "weight")


@select
def _wishes_of(readers: QuerySet) -> QuerySet:
    columns = ("pk", Cast("keywords", TextField()), Cast("authors", TextField()), "wants_updates")
    return readers.order_by().filter(pk__within=Given("readers")).values_list(*columns)


@select
def _choices_of(digests: QuerySet) -> QuerySet:
    chosen = digests.order_by().filter(subscriber_id__within=Given("readers"), created_at__gte=Given("since"))
    return chosen.exclude(state=Digest.State.SKIPPED).values_list("subscriber", Cast("picks", TextField()))


def _opened(
    subscriber_ids: Collection[int], *, now: dt.datetime
) -> tuple[dict[int, dict[int, float]], dict[int, set[int]]]:
    """Return what each reader opened, and which of it was upvoted or asked for more of."""
    found: dict[int, dict[int, float]] = defaultdict(dict)
    liked: dict[int, set[int]] = defaultdict(set)
    signs = Event.objects.filter(MAY_BE_LEARNED, subscriber_id__within=subscriber_ids, paper__isnull=False)
    recent = signs.filter(at__gt=now - REMEMBERED_FOR, at__lte=now).order_by("at", "pk")
    for pk, paper, kind, at in recent.values_list("subscriber", "paper", "kind", "at"):
        remember(found[pk], paper, weight_of(kind, now - at))
        if kind in PRAISE:
            liked[pk].add(paper)
    return found, liked


def _seen(
    subscriber_ids: Collection[int], *, now: dt.datetime, since: dt.datetime
) -> tuple[dict[int, set[int]], dict[int, set[int]]]:
    """Return which papers each reader was sent, and which of them have a newer version since."""
    newer = Paper.objects.filter(arxiv_version__gt=1, featured_on__gt=(now - SENT_AGAIN_FOR).date())
    versions = dict(newer.values_list("pk", "arxiv_version"))
    seen: dict[int, set[int]] = defaultdict(set)
    current: dict[int, set[int]] = defaultdict(set)
    for pk, picks in _choices_of(Digest.objects.all(), readers=subscriber_ids, since=since):
        seen[pk].update(papers_in(picks))
        if versions:
            # A pick without a version is of a source that knows none: it is sent once.
            known = ((pick["paper"], pick.get("version", math.inf)) for pick in read_picks(picks))
            current[pk].update(paper for paper, version in known if version >= versions.get(paper, 0))
    return seen, {pk: again for pk, papers in seen.items() if (again := (papers & versions.keys()) - current[pk])}
