"""The moves of a digest from state to state (docs/reliability.md numbers them), each one guarded UPDATE.

Leases run on the database's clock, so a worker whose clock jumps claims nothing early. A lease has a name of its own
for every claim, which fences the worker who held the row before: its late word no longer fits.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import models, transaction
from django.db.models import Exists, F, Min, OuterRef
from django.db.models.functions import Coalesce, Least, Now

from newsletter.models.edition import Edition
from newsletter.models.statement import Given, commit_lightly, select_some, update
from subscribers.models import Subscriber

if TYPE_CHECKING:
    from newsletter.models.digest import Digest  # noqa: F401 (in the name of the base)

CLAIM_SECONDS = 60
# The reply to a final dot may take 120 s; no letter of a batch starts later than 30 s after its intent.
HANDOVER_SECONDS = 150
MOST_ATTEMPTS = 8
# A row that took its worker down three times travels alone; five times, and it is the row.
ALONE_AFTER_RECLAIMS = 3
MOST_RECLAIMS = 5
BACKOFF_MINUTES = (1, 5, 15, 60)
_RELEASED: dict = {"lease_owner": "", "lease_until": None}


class Held(NamedTuple):
    """A claimed digest: what a batch needs of it. A model with all its columns would cost ten times as much."""

    pk: int
    subscriber_id: int | None
    claim_no: int
    picks: str  # as they are kept (newsletter/models/picks.py)
    topics: int
    is_first: bool
    is_late: bool  # too late for its day


def seconds(number: int) -> dt.timedelta:
    return dt.timedelta(seconds=number)


class DigestQuerySet(models.QuerySet["Digest"]):
    def overdue_since(self) -> dt.datetime | None:
        """Return since when the first digest could have left and has not; None when none waits. Paused ones do not."""
        editions = Edition.objects.on_its_way().values_list("pk", flat=True)
        firsts = [self.filter(edition=pk, state="pending").aggregate(at=Min("not_before"))["at"] for pk in editions]
        return min((at for at in firsts if at), default=None)

    def put_off(self, *, now: dt.datetime) -> DigestQuerySet:
        """Return the digests whose next try is to come: their mail host said "not now", or a budget is used up."""
        return self.filter(state="pending", not_before__gt=now)

    def in_hand(self) -> DigestQuerySet:
        return self.filter(state__in=["leased", "sending"], lease_owner__gt="")

    def settled(self) -> DigestQuerySet:
        """Return the digests in their final state."""
        return self.filter(state__in=["sent", "failed", "skipped"])

    def not_sent(self) -> DigestQuerySet:
        """Return the digests that ended without a letter."""
        return self.filter(state__in=["failed", "skipped"])

    def has_unsettled(self) -> bool:
        """Say whether any is without a final state: three looks, each at an index that holds no other rows."""
        looks = (self.filter(state="pending"), self.in_hand(), self.filter(state="unknown"))
        return any(rows.exists() for rows in looks)

    # T1
    def claim(self, owner: str, *, edition: Edition, now: dt.datetime, limit: int) -> list[Held]:
        """Lease up to `limit` waiting digests of one edition under the name `owner`, new for every claim."""
        wanted = {"edition": edition.pk, "now": now}
        with transaction.atomic():
            commit_lightly(self.db)
            found = _lock_waiting(self, **wanted, below=ALONE_AFTER_RECLAIMS, limit=limit)
            found = found or _lock_waiting(self, **wanted, below=MOST_RECLAIMS, limit=1)
            # The more workers died over one of them, the fewer travel together: so the poison is found.
            company = max(1, limit >> (3 * max((reclaims for _pk, reclaims in found), default=0)))
            ids = [pk for pk, _reclaims in found[:company]]
            rows = _lease(self, ids=ids, owner=owner, now=now)
        held = {row[0]: Held._make(row) for row in rows}
        return [held[pk] for pk in ids if pk in held]

    # T2
    def mark_sending(self, owner: str, ids: Collection[int], *, edition: Edition) -> set[int]:
        """Write the intent to hand over, which must be durable before a body leaves; return whom it holds for.

        Whoever left before this commit is not among them, and nobody when the edition was paused.
        """
        return {pk for (pk,) in _intend(self, ids=ids, owner=owner, edition=edition.pk)}

    # T2'
    def mark_skipped(self, owner: str, ids: Collection[int], reason: str) -> int:
        # Not once the lease is over: then it is time that kept them from being sent, and they must wait again.
        held = self.filter(pk__within=ids, state="leased", lease_owner=owner, lease_until__gt=Now())
        return held.update(state="skipped", reason=reason[:200], **_RELEASED)

    def release(self, owner: str, ids: Collection[int]) -> int:
        """Put back what was claimed and not handed over; no attempt is counted."""
        return self.filter(pk__within=ids, state="leased", lease_owner=owner).update(state="pending", **_RELEASED)

    # T3
    def mark_sent(self, owner: str, ids: Collection[int], *, code: str = "", provider_id: str = "") -> int:
        return len(_note_sent(self, ids=ids, owner=owner, code=code[:16], provider_id=provider_id[:200]))

    # T4
    def mark_deferred(self, owner: str, ids: Collection[int], *, now: dt.datetime, stage: str, code: str) -> int:
        """Try again later, after 1, 5, 15, then 60 minutes; the eighth refusal is the last."""
        held = self.filter(pk__within=ids, state="sending", lease_owner=owner)
        spent = held.filter(attempts__gte=MOST_ATTEMPTS).update(
            state="failed", reason=f"refused {MOST_ATTEMPTS} times", last_stage=stage, last_code=code[:16], **_RELEASED
        )
        for attempts in set(held.values_list("attempts", flat=True)):
            minutes = BACKOFF_MINUTES[min(attempts, len(BACKOFF_MINUTES)) - 1]
            # Jitter: all batches of a tick share its `now`, and a greylisting host must not see them together again.
            later = now + dt.timedelta(minutes=minutes * random.uniform(1, 1.25))  # noqa: S311
            spent += held.filter(attempts=attempts).update(
                state="pending", not_before=later, last_stage=stage, last_code=code[:16], **_RELEASED
            )
        return spent

    def mark_not_handed_over(self, owner: str, ids: Collection[int], *, until: dt.datetime | None = None) -> int:
        """Put back what never reached a server that listens: the transport's fault, so no attempt is counted."""
        turn = {} if until is None else {"not_before": until}
        return self.filter(pk__within=ids, state="sending", lease_owner=owner).update(
            state="pending", attempts=F("attempts") - 1, sending_at=None, **turn, **_RELEASED
        )

    # T5
    def mark_failed(self, owner: str, ids: Collection[int], *, reason: str, stage: str = "", code: str = "") -> int:
        return (
            self.in_hand()
            .filter(pk__within=ids, lease_owner=owner)
            .update(state="failed", reason=reason[:200], last_stage=stage[:16], last_code=code[:16], **_RELEASED)
        )

    # T6
    def mark_unknown(self, owner: str, ids: Collection[int], *, reason: str, stage: str = "", code: str = "") -> int:
        return self.filter(pk__within=ids, state="sending", lease_owner=owner).update(
            state="unknown", reason=reason[:200], last_stage=stage[:16], last_code=code[:16], **_RELEASED
        )

    def put_back(self, owner: str) -> int:
        """Put back what a dead worker had made ready and not intended to send yet: nothing it held was its end."""
        return self.filter(state="leased", lease_owner=owner).update(state="pending", **_RELEASED)

    # T7
    def take_back(self) -> int:
        """Put back the claims of workers that died before they handed over anything; poison stops at five."""
        held = self.filter(state="leased")
        poison = held.filter(reclaims__gte=MOST_RECLAIMS - 1).update(
            state="failed", reason="poison: its worker died five times", reclaims=F("reclaims") + 1, **_RELEASED
        )
        return poison + held.update(state="pending", reclaims=F("reclaims") + 1, **_RELEASED)

    # T8
    def doubt(self) -> int:
        """Say of letters whose worker fell silent, and whose journal lies elsewhere, that nobody knows."""
        held = self.filter(state="sending")
        return held.update(state="unknown", reason="its worker fell silent while handing it over", **_RELEASED)

    def lease_over(self) -> DigestQuerySet:
        """Return the digests in hand whose holder had its time, by the database's clock."""
        return self.in_hand().filter(lease_until__lte=Now())

    # T9
    def mark_arrived(self) -> int:
        """Settle doubt by evidence: something came back for this digest, so it had left."""
        return self.filter(state="unknown").update(
            state="sent", sent_at=Coalesce("sent_at", "sending_at"), reason="settled by what came back"
        )

    def hear_late(self, claims: Mapping[int, int]) -> None:
        """Take the word of a worker that lost its lease and yet handed these over; `claims` maps ids to claim numbers.

        Who has not been claimed again is sent; of the others a second copy is under way, and the row says so.
        """
        for pk, claim_no in claims.items():
            row = self.filter(pk=pk).exclude(state="sent", claim_no=claim_no)
            settled = row.filter(claim_no=claim_no).update(
                state="sent", sent_at=Now(), reason="settled by the late word of its worker"
            )
            if not settled:
                row.update(resends=1, reason="sent twice: a worker was stopped past its lease")

    def _in_doubt_for(self, grace: dt.timedelta) -> DigestQuerySet:
        return self.filter(state="unknown", sending_at__lte=Now() - grace)

    # T10
    def resend_once(self, *, grace: dt.timedelta) -> int:
        """Send the doubtful again, once: a missing digest is worse than a double one."""
        return (
            self._in_doubt_for(grace)
            .filter(resends=0)
            .update(state="pending", resends=1, reason="sent again after doubt", not_before=F("due_at"))
        )

    # T11
    def give_up_doubt(self, *, grace: dt.timedelta, least_resends: int = 1) -> int:
        doubtful = self._in_doubt_for(grace).filter(resends__gte=least_resends)
        return doubtful.update(state="failed", reason="ambiguous: accepted or lost, nobody can say")

    def assume_sent(self, *, grace: dt.timedelta) -> int:
        return self._in_doubt_for(grace).update(state="sent", sent_at=F("sending_at"), reason="taken as sent")

    def expire(self, *, reason: str) -> int:
        """Fail what still waits or is in doubt: never yesterday's digest tomorrow."""
        waiting = self.filter(state="pending").update(state="failed", reason=reason)
        doubtful = self.filter(state="unknown").update(state="failed", reason=f"ambiguous, and {reason}"[:200])
        return waiting + doubtful

    def cancel(self, reason: str) -> int:
        return self.filter(state="pending").update(state="skipped", reason=reason[:200])

    def retriable(self, *, now: dt.datetime) -> DigestQuerySet:
        return self.filter(state="failed", expires_at__gt=now).exclude(reason__startswith="ambiguous")

    def retry_failed(self, *, now: dt.datetime) -> int:
        """Let the failed wait again, if their day is not over; doubtful ones stay failed."""
        return self.retriable(now=now).update(state="pending", attempts=0, reclaims=0, reason="", not_before=now)

    def mark_delivered(self, at: dt.datetime) -> int:
        return self._note(delivered_at=at)

    def mark_bounced(self, at: dt.datetime) -> int:
        return self._note(bounced_at=at)

    def mark_complained(self, at: dt.datetime) -> int:
        return self._note(complained_at=at)

    def _note(self, **times: dt.datetime) -> int:
        """Keep the earliest report, so that every order of arrival ends the same; any report settles doubt."""
        self.mark_arrived()
        return self.update(**{name: Coalesce(Least(F(name), at), at) for name, at in times.items()})


# --- What every letter makes its way through, written once ------------------------------------------------------


@select_some
def _lock_waiting(digests: DigestQuerySet) -> models.QuerySet:
    # SQLite has no row locks and needs none: the transaction is IMMEDIATE, so there is one writer.
    rows = digests.filter(state="pending", not_before__lte=Given("now"), edition=Given("edition"))
    rows = rows.filter(reclaims__lt=Given("below")).order_by("not_before", "id")
    return rows.select_for_update(skip_locked=True).values_list("pk", "reclaims")


@update("id, subscriber_id, claim_no, picks, topics, is_first, expires_at <= %s", Given("now"))
def _lease(digests: DigestQuerySet) -> tuple[models.QuerySet, dict[str, Any]]:
    values = {
        "state": "leased",
        "lease_owner": Given("owner"),
        "lease_until": Now() + seconds(CLAIM_SECONDS),
        "claim_no": F("claim_no") + 1,
    }
    # No word of the state: the rows are locked, and with it PostgreSQL would read the index of all that waits.
    return digests.filter(pk__within=Given("ids")), values


@update("id")
def _intend(digests: DigestQuerySet) -> tuple[models.QuerySet, dict[str, Any]]:
    reader = Subscriber.objects.active().filter(pk=OuterRef("subscriber_id"))
    # Not OuterRef("edition_id"): for that PostgreSQL read the index of the whole edition at every intent.
    running = Edition.objects.on_its_way().filter(pk=Given("edition"))
    rows = digests.filter(Exists(reader), Exists(running), lease_until__gt=Now())
    values = {
        "state": "sending",
        "attempts": F("attempts") + 1,
        "sending_at": Now(),
        "lease_until": Now() + seconds(HANDOVER_SECONDS),
        "reason": "",
    }
    return rows.filter(pk__within=Given("ids"), state="leased", lease_owner=Given("owner")), values


@update("id")
def _note_sent(digests: DigestQuerySet) -> tuple[models.QuerySet, dict[str, Any]]:
    values = {
        "state": "sent",
        "sent_at": Now(),
        "last_stage": "",
        "last_code": Given("code"),
        "provider_id": Given("provider_id"),
        **_RELEASED,
    }
    return digests.filter(pk__within=Given("ids"), state="sending", lease_owner=Given("owner")), values
