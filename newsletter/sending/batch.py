"""One batch of one edition: claim, prepare, intend, hand over, write down."""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from mail.letter import Letter
from mail.transport import Outcome, deliver
from newsletter.models import Digest, Edition, Held
from newsletter.preparing import Stock, prepare
from newsletter.sending.brakes import CANARY, Streak, judge_canary, pull_after_streak
from newsletter.sending.journal import Journal
from newsletter.sending.outcomes import write_down
from subscribers.models import Suppression, hash_address

logger = logging.getLogger(__name__)
# What a lost machine leaves in doubt, and how long an unsubscribe can come too late: so at most 200, about 0.5 s.
FULL = 200
# At full pace a claim is of so many digests: asking for 600 costs little more than for 200.
_INTENTS = 3
# A claim's lease is a minute: what has not had its turn by then goes back before somebody else takes it.
_LONGEST_HOLD_SECONDS = 20
# How long the hand of an editor who pauses may stay unseen within a batch.
_LOOK_UP_SECONDS = 0.5


@dataclass
class Run:
    """What one worker keeps from batch to batch."""

    journal: Journal
    now: dt.datetime
    streak: Streak = field(default_factory=Streak)
    stock: Stock = field(default_factory=Stock)


def send_batch(run: Run, edition: Edition, *, limit: int) -> Batch:
    """Send waiting digests of the edition, `limit` under one intent and fewer when they are its first; return them."""
    is_first = edition.state != Edition.State.SENDING
    batch = Batch(run, edition)
    batch.claim(min(limit, CANARY) if is_first else limit * (_INTENTS if limit >= FULL else 1))
    if batch.digests:
        batch.send(batch.prepare(), limit)
    if is_first:
        judge_canary(edition, batch.tally)
    return batch


class Batch:
    """The digests that this worker holds under one lease.

    `tally` says how many ended how, `seconds` how long the last handing over took.
    """

    def __init__(self, run: Run, edition: Edition) -> None:
        self.journal, self.streak, self.stock, self.now = run.journal, run.streak, run.stock, run.now
        self.edition = edition
        self.is_stopped = False
        self.lease = run.journal.new_lease()
        self.digests: Sequence[Held] = []
        self.seconds = 0.0
        self._claimed_at = time.monotonic()
        self.tally: Counter[str] = Counter()

    def claim(self, limit: int) -> None:
        """Lease what waits; what came too late for its day fails here, and says so."""
        claimed = Digest.objects.claim(self.lease, edition=self.edition, now=self.now, limit=limit)
        late = [digest.pk for digest in claimed if digest.is_late]
        if late:
            self.tally["failed"] += Digest.objects.mark_failed(self.lease, late, reason="expired: too late for its day")
        self.digests = [digest for digest in claimed if not digest.is_late]
        if self.digests and self.edition.state != Edition.State.SENDING:
            self.edition.mark_sending()

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
                self.tally["failed"] += Digest.objects.mark_failed(self.lease, [digest.pk], reason=reason)
        return letters

    def _made(self, digests: Sequence[Held]) -> dict[int, Letter]:
        press = prepare(self.edition, digests, now=self.now, stock=self.stock)
        return {issue.digest_id: press.letter(issue) for issue in press.issues}

    def send(self, letters: dict[int, Letter], limit: int) -> None:
        """Hand over the letters, `limit` under one intent."""
        self._leave_out({digest.pk for digest in self.digests} - letters.keys())
        waiting = list(letters)
        for start in range(0, len(waiting), limit):
            if self.is_stopped or time.monotonic() - self._claimed_at > _LONGEST_HOLD_SECONDS:
                Digest.objects.release(self.lease, waiting[start:])
                return
            self.hand_over(self.intend({pk: letters.pop(pk) for pk in waiting[start : start + limit]}))

    def intend(self, letters: dict[int, Letter]) -> dict[int, Letter]:
        """Write the intent, durable before anything leaves; return the letters it holds for."""
        self.journal.begin(self.lease)
        kept = Digest.objects.mark_sending(self.lease, letters.keys() - _suppressed(letters))
        self._leave_out(letters.keys() - kept)
        return {pk: letter for pk, letter in letters.items() if pk in kept}

    def _leave_out(self, refused: Collection[int]) -> None:
        """Skip whoever must not be written to; when it is the edition that was stopped, they wait again."""
        if not refused:
            return
        if not self._is_on_its_way():
            Digest.objects.release(self.lease, refused)
        else:
            reason = "left, or must not be written to"
            self.tally["skipped"] += Digest.objects.mark_skipped(self.lease, refused, reason)

    def hand_over(self, letters: dict[int, Letter]) -> None:
        """Hand over the letters and write down what became of each; what did not start waits again."""
        started = time.monotonic()
        outcomes: list[Outcome] = []
        for outcome in deliver(self._while_wanted(letters), journal=self.journal):
            outcomes.append(outcome)
            if self.streak.is_too_long(outcome, letters[int(outcome.key)].to) and not self.is_stopped:
                self.is_stopped = True
                pull_after_streak(self.edition, outcome)
        self.seconds = time.monotonic() - started
        intended = {digest.pk: digest.claim_no for digest in self.digests if digest.pk in letters}
        left = {int(key) for key in self.journal.left}
        self.tally += write_down(self.lease, outcomes, left=left, intended=intended, now=self.now)

    def _while_wanted(self, letters: dict[int, Letter]) -> Iterator[Letter]:
        looked_at = time.monotonic()
        for letter in letters.values():
            if self.is_stopped:
                return
            if time.monotonic() - looked_at > _LOOK_UP_SECONDS:
                if not self.journal.is_in_time() or not self._is_on_its_way():
                    return
                looked_at = time.monotonic()
            yield letter

    def _is_on_its_way(self) -> bool:
        return Edition.objects.on_its_way().filter(pk=self.edition.pk).exists()


def _suppressed(letters: dict[int, Letter]) -> set[int]:
    hashes = {hash_address(letter.to): pk for pk, letter in letters.items()}
    found = Suppression.objects.filter(address_hash__within=hashes).values_list("address_hash", flat=True)
    return {hashes[one] for one in found}
