"""Writing down what became of a batch's letters, from the wire or from a dead worker's journal."""

from __future__ import annotations

import contextlib
import datetime as dt
import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping

from django.db import transaction

from mail.transport import Kind, Outcome
from newsletter import events
from newsletter.models import Digest

# A letter whose turn has not come: nobody is at fault and the others go on.
BUDGETS = {"throttle", "cap"}


def write_down(
    lease: str, outcomes: Iterable[Outcome], *, left: Collection[int], intended: Mapping[int, int], now: dt.datetime
) -> Counter[str]:
    """Move the rows of a batch to where their outcomes say, in one commit; return how many ended how.

    `intended` maps the digests of the batch to their claim numbers; one without an outcome is in doubt when its body
    `left`, and waits again when it did not.
    """
    groups: dict[tuple, list[int]] = defaultdict(list)
    turns: dict[int, list[int]] = defaultdict(list)  # by the seconds that a budget asks to wait
    refusals: list[events.Report] = []
    for outcome in outcomes:
        pk = int(outcome.key)
        if outcome.stage in BUDGETS:
            turns[math.ceil(outcome.retry_after)].append(pk)
            continue
        groups[_manner(outcome)].append(pk)
        if refusal := events.report_of(outcome, digest_id=pk, attempt=intended.get(pk, 0), now=now):
            refusals.append(refusal)
    silent = intended.keys() - {pk for ids in (*groups.values(), *turns.values()) for pk in ids}
    doubtful = silent.intersection(left)
    pen = _Pen(lease, now)
    is_plain = len(groups) == 1 and not (silent or refusals or turns)  # nearly always: one statement is one commit
    with contextlib.nullcontext() if is_plain else transaction.atomic():
        for (kind, *how), ids in groups.items():
            pen.move(kind, ids, intended, *how)
        pen.move(Kind.UNKNOWN, sorted(doubtful), intended, False, "dot", "", "its worker died before the answer", "")
        if waiting := silent - doubtful:
            Digest.objects.mark_not_handed_over(lease, waiting)
        if refusals:
            events.record(refusals, now=now)
        for seconds, ids in turns.items():
            until = now + dt.timedelta(seconds=seconds)
            pen.tally["deferred"] += Digest.objects.mark_not_handed_over(lease, ids, until=until)
    return +pen.tally


class _Pen:
    def __init__(self, lease: str, now: dt.datetime) -> None:
        self.lease, self.now = lease, now
        self.tally: Counter[str] = Counter()

    def move(self, kind: Kind, ids: list[int], claims: Mapping[int, int], is_transport: bool, *said: str) -> None:
        stage, code, text, provider_id = said
        digests, tally = Digest.objects.all(), self.tally
        if not ids:
            return
        if kind == Kind.ACCEPTED:
            sent = digests.mark_sent(self.lease, ids, code=code, provider_id=provider_id)
            tally["sent"] += sent
            if sent < len(ids):
                digests.hear_late({pk: claims.get(pk, 0) for pk in ids})
        elif kind == Kind.REFUSED:
            reason = f"refused: {text}"
            tally["failed"] += digests.mark_failed(self.lease, ids, reason=reason, stage=stage, code=code)
        elif kind == Kind.UNKNOWN:
            tally["unknown"] += digests.mark_unknown(self.lease, ids, reason=text or stage, stage=stage, code=code)
        elif is_transport:
            digests.mark_not_handed_over(self.lease, ids)
            tally["stopped"] += 1
        else:
            tally["deferred"] += digests.mark_deferred(self.lease, ids, now=self.now, stage=stage, code=code)


def _manner(outcome: Outcome) -> tuple:
    """Return what outcomes must share to be written down in one statement."""
    code = outcome.enhanced or str(outcome.code or "")
    text = "" if outcome.kind == Kind.ACCEPTED else outcome.text
    return outcome.kind, outcome.is_transport, outcome.stage, code, text, outcome.provider_id
