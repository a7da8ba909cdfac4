"""Writing digest rows in bulk."""

from __future__ import annotations

from collections.abc import Sequence

from newsletter.models import Digest


def insert_digests(digests: Sequence[Digest]) -> int:
    """Insert the rows whose reader has none for that edition yet; return how many that were."""
    edition = digests[0].edition
    readers = [digest.subscriber_id for digest in digests]
    before = edition.digests.filter(subscriber__in=readers).count()
    Digest.objects.bulk_create(digests, ignore_conflicts=True)
    return len(digests) - before
