"""What guarantees progress: settle what a dead worker left, what is in doubt, and what is over."""

from __future__ import annotations

import datetime as dt
from collections import Counter

from django.conf import settings

from newsletter.models import Digest, Edition
from newsletter.models.moves import DigestQuerySet, seconds
from newsletter.sending.brakes import judge_returns
from newsletter.sending.journal import Page, journals_of_the_dead, page_of, read_page
from newsletter.sending.outcomes import write_down
from subscribers.models import Subscriber


def sweep(*, now: dt.datetime) -> Counter[str]:
    """Make every move that a death or time alone has made due; any number of sweepers may run at once."""
    moved: Counter[str] = Counter()
    for lease, path in journals_of_the_dead():
        held = Digest.objects.in_hand().filter(lease_owner=lease)
        page = read_page(path)
        moved["taken back"] += held.put_back(lease) if page.lease else held.take_back()
        moved += _settle(held, page, now=now)
    late = Digest.objects.lease_over()
    moved["taken back"] += late.take_back()
    for lease in set(late.filter(state="sending").values_list("lease_owner", flat=True)):
        moved += _settle(late.filter(lease_owner=lease), page_of(lease), now=now)
    moved["settled"] += _settle_doubt() + _settle_the_ended()
    for edition in Edition.objects.open():
        judge_returns(edition)
        moved["closed"] += _close(edition, now=now)
    return +moved


def _settle(held: DigestQuerySet, page: Page, *, now: dt.datetime) -> Counter[str]:
    """Settle a batch from its journal; what the journal does not know of is in doubt."""
    if page.lease:
        intended = dict(held.values_list("pk", "claim_no"))
        outcomes = [outcome for outcome in page.outcomes if int(outcome.key) in intended]
        write_down(page.lease, outcomes, left=page.left, intended=intended, now=now)
    return Counter({"in doubt": held.doubt()})


def _settle_doubt() -> int:
    grace = seconds(settings.DOUBT_SECONDS)
    digests = Digest.objects.all()
    if settings.ON_UNKNOWN == "assume_sent":
        return digests.assume_sent(grace=grace)
    if settings.ON_UNKNOWN == "hold":
        return digests.give_up_doubt(grace=grace, least_resends=0)
    return digests.resend_once(grace=grace) + digests.give_up_doubt(grace=grace)


def _settle_the_ended() -> int:
    """Settle what came to wait after an editor had ended its edition: a worker held it, or its reader's hour came."""
    cancelled, expired = (Digest.objects.filter(edition__state=state) for state in ("cancelled", "expired"))
    return cancelled.cancel("the edition was cancelled") + expired.expire(reason="expired: the edition's time is over")


def _close(edition: Edition, *, now: dt.datetime) -> bool:
    """Close an edition whose time is over, or in which nothing is left to do; say whether it was closed."""
    if edition.expires_at > now:
        return not edition.digests.has_unsettled() and not _is_awaited(edition) and _finish(edition)
    expired = edition.digests.expire(reason="expired: the edition's time is over")
    if edition.digests.has_unsettled():  # a worker still holds some; its word comes first
        return False
    return edition.mark_expired() if expired or not edition.candidate_count else _finish(edition)


def _is_awaited(edition: Edition) -> bool:
    """Say whether a reader's hour of that day, or another reader of the announcement, is still to come."""
    if edition.announcement:
        return edition.announcement.addressed_at is None
    return not edition.candidate_count or Subscriber.objects.active().filter(next_digest_day__lte=edition.day).exists()


def _finish(edition: Edition) -> bool:
    edition.refresh_from_db()
    if not edition.is_balanced():
        return False
    return edition.mark_done(has_errors=edition.digests.filter(state=Digest.State.FAILED).exists())
