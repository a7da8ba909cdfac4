"""One claim of one edition: lease, prepare, then intend and hand over part by part."""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Collection, Sequence

from django.db import models

from mail.letter import Letter
from newsletter.models import Digest, Edition, Held
from newsletter.models.statement import Given, select
from newsletter.preparing import Stock, prepare
from newsletter.sending.brakes import CANARY, judge_canary
from newsletter.sending.handover import Handover, Wire
from newsletter.sending.journal import JournalFull
from subscribers.models import Suppression, hash_addresses

logger = logging.getLogger(__name__)
# An intent is written when a quarter of the one before is still on its way. What a lost machine leaves in doubt, and
# how long an unsubscribe can come too late, is both: at most 200 letters, about 0.5 s.
FULL, LEAST = 160, 25
_INTENT_SECONDS = 0.4
# At full pace a claim is of so many digests: asking for 640 costs little more than for 160.
_INTENTS = 4
# A claim's lease is a minute: what has not had its turn by then goes back before somebody else takes it.
_LONGEST_HOLD_SECONDS = 20
_TAKEN_BACK, _WISH_TAKEN_BACK = "quiet day: papers were taken back", "wants no more announcements"


class Run:
    """What one worker keeps from claim to claim."""

    def __init__(self, wire: Wire, *, now: dt.datetime) -> None:
        self.wire, self.now = wire, now
        self.stock = Stock()
        self.limit = FULL  # letters under one intent

    def send_batch(self, edition: Edition) -> None:
        """Send waiting digests of the edition; fewer when they are its first, and then they are looked at.

        JournalFull when nothing more may leave here; who was claimed waits again.
        """
        batch = Batch(self, edition)
        if edition.state == Edition.State.SENDING:
            batch.claim(self.limit * (_INTENTS if self.limit >= FULL else 1))
            batch.send()
            self._adapt(len(batch.digests))
            return
        before = self.wire.tally.copy()
        batch.claim(min(self.limit, CANARY))
        batch.send()
        self.wire.drain()
        judge_canary(edition, self.wire.tally - before)

    def _adapt(self, claimed: int) -> None:
        """Let an intent last 0.4 s at most, however slow the mail server is."""
        if claimed >= self.limit and self.wire.seconds:
            self.limit = max(LEAST, min(FULL, int(self.limit * _INTENT_SECONDS / self.wire.seconds)))


class Batch:
    """The digests that this worker holds under one lease."""

    def __init__(self, run: Run, edition: Edition) -> None:
        self.run, self.edition = run, edition
        self.journal = run.wire.new_journal()
        self.lease = self.journal.lease
        self.digests: Sequence[Held] = []
        self._claimed_at = time.monotonic()

    def claim(self, limit: int) -> None:
        """Lease what waits; what came too late for its day fails here, and says so."""
        claimed = Digest.objects.claim(self.lease, edition=self.edition, now=self.run.now, limit=limit)
        late = [digest.pk for digest in claimed if digest.is_late]
        if late:
            self._count(failed=Digest.objects.mark_failed(self.lease, late, reason="expired: too late for its day"))
        self.digests = [digest for digest in claimed if not digest.is_late]
        if self.digests and self.edition.state != Edition.State.SENDING:
            self.edition.mark_sending()

    def send(self) -> None:
        """Prepare the letters and hand them over, `run.limit` under one intent; what was not wanted waits again."""
        letters = self.prepare() if self.digests else {}
        self._begin()
        self._leave_out({digest.pk for digest in self.digests} - letters.keys())
        waiting, limit = list(letters), self.run.limit
        while waiting:
            self.run.wire.make_room()
            if not self._has_time():  # a server that hangs may have kept us longer than a lease lasts
                break
            now, waiting = waiting[:limit], waiting[limit:]
            handover = self.intend({pk: letters.pop(pk) for pk in now})
            if handover and not self.run.wire.send(handover):
                break
        if waiting:
            Digest.objects.release(self.lease, waiting)
        self.journal.end()

    def _begin(self) -> None:
        try:
            self.journal.begin()
        except OSError as error:
            Digest.objects.release(self.lease, [digest.pk for digest in self.digests])
            self.journal.end()
            raise JournalFull(*error.args) from error

    def prepare(self) -> dict[int, Letter]:
        """Return the finished letters by digest; one that cannot be made fails alone."""
        try:
            return self._made(self.digests)
        except MemoryError:  # of this process, not of a reader: let it die, another takes the batch
            raise
        except Exception:  # any text of any reader or paper may be the poison: find it
            logger.exception("A batch of %d could not be prepared; trying one by one", len(self.digests))
        letters: dict[int, Letter] = {}
        for digest in self.digests:
            try:
                letters |= self._made([digest])
            except MemoryError:
                raise
            except Exception as error:
                reason = f"could not be made: {type(error).__name__}"
                self._count(failed=Digest.objects.mark_failed(self.lease, [digest.pk], reason=reason))
        return letters

    def intend(self, letters: dict[int, Letter]) -> Handover | None:
        """Write the intent, durable before anything leaves; return the letters it holds for, None when for none."""
        intent = self.journal.intend()  # whose time runs before the lease's does, in case we are stopped between them
        kept = Digest.objects.mark_sending(self.lease, letters.keys() - _suppressed(letters), edition=self.edition)
        self._leave_out(letters.keys() - kept)
        if not kept:
            self.journal.note_settled()
            return None
        claims = {digest.pk: digest.claim_no for digest in self.digests if digest.pk in kept}
        return Handover(self.edition, intent, {pk: letter for pk, letter in letters.items() if pk in kept}, claims)

    def _made(self, digests: Sequence[Held]) -> dict[int, Letter]:
        press = prepare(self.edition, digests, now=self.run.now, stock=self.run.stock)
        if quiet := [issue.digest_id for issue in press.issues if not issue.is_wanted]:
            reason = _WISH_TAKEN_BACK if self.edition.announcement_id else _TAKEN_BACK
            self._count(skipped=Digest.objects.mark_skipped(self.lease, quiet, reason))
        return {issue.digest_id: press.letter(issue) for issue in press.issues if issue.is_wanted}

    def _leave_out(self, refused: Collection[int]) -> None:
        """Skip whoever must not be written to; when it is the edition that was stopped, they wait again."""
        if not refused:
            return
        if not Edition.objects.on_its_way().filter(pk=self.edition.pk).exists():
            Digest.objects.release(self.lease, refused)
        else:
            reason = "left, or must not be written to"
            self._count(skipped=Digest.objects.mark_skipped(self.lease, refused, reason))

    def _has_time(self) -> bool:
        return time.monotonic() - self._claimed_at <= _LONGEST_HOLD_SECONDS

    def _count(self, **ended: int) -> None:
        self.run.wire.tally.update(ended)


def _suppressed(letters: dict[int, Letter]) -> set[int]:
    hashes = dict(zip(hash_addresses(letter.to for letter in letters.values()), letters, strict=True))
    return {hashes[one] for (one,) in _hashes_among(Suppression.objects.all(), hashes=hashes)}


@select
def _hashes_among(suppressions: models.QuerySet) -> models.QuerySet:
    return suppressions.order_by().filter(address_hash__within=Given("hashes")).values_list("address_hash")
