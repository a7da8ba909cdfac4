"""Random lives of an edition against a model: two workers, a sweeper, readers who leave, an editor, deaths anywhere.

STEPS=100000 for a campaign; the default is a quick look.
"""

from __future__ import annotations

import datetime as dt
import os

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from mail.transport import Kind, Outcome
from newsletter.models import Digest, Edition
from newsletter.models.moves import seconds
from newsletter.sending.outcomes import write_down
from subscribers.models import Subscriber
from tests.newsletter.readers import DAY, MORNING, make_reader

STEPS = int(os.environ.get("STEPS", "240"))
LIFE = 40
LONG_AGO = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
GRACE = seconds(60)
WORKERS = st.sampled_from(["ada", "bob"])
FINAL = {"sent", "failed", "skipped"}


class Life(RuleBasedStateMachine):
    """Four readers and one edition; `ledger` is what the mail server accepted, as only the test knows it."""

    def __init__(self) -> None:
        super().__init__()
        self.trial = transaction.atomic()
        self.trial.__enter__()
        readers = [make_reader(number) for number in range(4)]
        self.edition = Edition.objects.of_day(DAY)
        self.edition.mark_building(candidates=4, excluded=0)
        self.edition.mark_ready()
        rows = [
            Digest(edition=self.edition, subscriber=reader, due_at=MORNING, not_before=MORNING) for reader in readers
        ]
        self.ids = [digest.pk for digest in Digest.objects.bulk_create(rows)]
        self.ledger = dict.fromkeys(self.ids, 0)
        self.left: set[int] = set()
        self.leases: dict[str, str] = {}
        self.intended: dict[str, dict[int, int]] = {"ada": {}, "bob": {}}
        self.unheard: list[tuple[str, int, int]] = []
        self.claims = 0

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.trial.__exit__(None, None, None)

    @rule(worker=WORKERS, limit=st.integers(1, 4))
    def claim(self, worker: str, limit: int) -> None:
        if self.intended[worker]:
            return  # a worker ends its batch before the next
        self.claims += 1
        self.leases[worker] = f"{worker}/{self.claims}"
        Digest.objects.claim(self.leases[worker], edition=self.edition, now=MORNING, limit=limit)

    @rule(worker=WORKERS)
    def intend(self, worker: str) -> None:
        if self.intended[worker]:
            return  # once a lease
        lease = self.leases.get(worker, "nobody/0")
        held = Digest.objects.filter(state="leased", lease_owner=lease)
        rows = dict(held.values_list("pk", "claim_no"))
        kept = Digest.objects.mark_sending(lease, set(rows), edition=self.edition)
        self.edition.refresh_from_db()
        assert not kept or not self.edition.is_paused
        assert not kept & self.left, "a letter after somebody left"
        self.intended[worker] |= {pk: rows[pk] for pk in kept if pk in rows}
        Digest.objects.release(lease, set(rows) - kept)

    @rule(worker=WORKERS, data=st.data())
    def hand_over(self, worker: str, data: st.DataObject) -> None:
        """One letter of the batch ends: accepted, refused, deferred, in doubt, or accepted with a late answer."""
        mine = self._in_hand(worker)
        if not mine:
            return
        pk = data.draw(st.sampled_from(sorted(mine)))
        end = data.draw(st.sampled_from(["accepted", "refused", "deferred", "eaten", "lost", "late"]))
        claim_no = self.intended[worker].pop(pk)
        self.ledger[pk] += end in ("accepted", "eaten", "late")
        lease = self.leases[worker]
        if end == "late":
            self.unheard.append((lease, pk, claim_no))
            return
        kind = Kind(end) if end in list(Kind) else Kind.UNKNOWN
        outcome = Outcome(str(pk), kind, "dot", text="as the test says")
        write_down(lease, [outcome], left={pk}, intended={pk: claim_no}, now=MORNING)

    @precondition(lambda self: self.unheard)
    @rule()
    def late_word(self) -> None:
        lease, pk, claim_no = self.unheard.pop(0)
        write_down(lease, [Outcome(str(pk), Kind.ACCEPTED)], left={pk}, intended={pk: claim_no}, now=MORNING)

    @rule(worker=WORKERS, started=st.booleans(), is_eaten=st.booleans())
    def die(self, worker: str, started: bool, is_eaten: bool) -> None:
        """A worker dies; its journal says of at most one letter that it had started."""
        mine = self._in_hand(worker)
        lease, claims = self.leases.pop(worker, "nobody/0"), self.intended[worker]
        self.intended[worker] = {}
        self.unheard = [late for late in self.unheard if late[0] != lease]
        begun = {pk for pk in sorted(mine)[:1] if started}
        for pk in begun:
            self.ledger[pk] += is_eaten
        Digest.objects.filter(lease_owner=lease).take_back()
        write_down(lease, [], left=begun, intended={pk: claims[pk] for pk in mine}, now=MORNING)
        Digest.objects.filter(state="sending", lease_owner=lease).doubt()

    @rule()
    def leases_end(self) -> None:
        """Whoever holds anything is too slow; what it has not started it may not start any more."""
        Digest.objects.in_hand().update(lease_until=LONG_AGO)
        late = Digest.objects.lease_over()
        late.take_back()
        late.doubt()
        self.intended = {"ada": {}, "bob": {}}

    @rule()
    def doubt_ends(self) -> None:
        Digest.objects.filter(state="unknown").update(sending_at=LONG_AGO)
        Digest.objects.resend_once(grace=GRACE)
        Digest.objects.give_up_doubt(grace=GRACE)

    @rule(data=st.data())
    def something_comes_back(self, data: st.DataObject) -> None:
        arrived = [pk for pk, count in self.ledger.items() if count]
        if arrived:
            Digest.objects.filter(pk=data.draw(st.sampled_from(arrived))).mark_delivered(MORNING)

    @rule(number=st.integers(0, 3))
    def leave(self, number: int) -> None:
        digest = Digest.objects.get(pk=self.ids[number])
        Subscriber.objects.filter(pk=digest.subscriber_id).update(state="unsubscribed")
        self.left.add(digest.pk)

    @rule()
    def pause(self) -> None:
        self.edition.pause("for a look")

    @rule()
    def resume(self) -> None:
        self.edition.resume()

    @rule()
    def wait_for_the_deferred(self) -> None:
        Digest.objects.filter(state="pending").update(not_before=MORNING)

    @invariant()
    def nothing_is_lost_or_doubled_in_silence(self) -> None:
        rows = {digest.pk: digest for digest in Digest.objects.all()}
        assert sorted(rows) == sorted(self.ids)
        for pk, digest in rows.items():
            assert digest.state != "sent" or self.ledger[pk], "said to be sent and never accepted"
            unsettled = sum(late == pk for _, late, _ in self.unheard)
            assert self.ledger[pk] - 1 <= digest.resends + unsettled, "doubled without a mark"
            assert digest.state not in ("unknown", "failed", "skipped") or digest.reason
            assert digest.attempts <= 8
            assert digest.state in ("leased", "sending") or not digest.lease_owner

    @invariant()
    def the_accounts_balance(self) -> None:
        self.edition.refresh_from_db()
        assert self.edition.is_balanced()
        if self.edition.state in Edition.FINISHED:
            assert {digest.state for digest in Digest.objects.all()} <= FINAL

    def _in_hand(self, worker: str) -> set[int]:
        rows = Digest.objects.filter(state="sending", lease_owner=self.leases.get(worker, "nobody/0"))
        return set(rows.values_list("pk", flat=True)) & self.intended[worker].keys()


@pytest.mark.django_db
def test_random_lives_keep_every_promise():
    steps = settings(
        max_examples=max(1, STEPS // LIFE),
        stateful_step_count=LIFE,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Life, settings=steps)
