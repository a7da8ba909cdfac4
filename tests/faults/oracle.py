"""What a trial came to: the sink's ledger against the rows and the readers (reliability.md says what must hold)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from tests.sink import Sink

_DIGEST_OF = re.compile(r"^[0-9]+\.([0-9]+)@")
# Every verdict of the process, in order: the record of a campaign takes them from here.
VERDICTS: list[Verdict] = []


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the oracle found. `lost`, `unmarked`, `misdirected` and `not_in_ledger` must be empty."""

    letters: int
    lost: list[str]
    doubled: int
    marked: int
    unmarked: list[str]
    misdirected: list[str]
    not_in_ledger: list[int]
    states: dict[str, int]
    resume_s: float | None
    settle_s: float | None

    def demand(self, *, most_doubled: int) -> None:
        assert not self.lost, f"lost: {self.lost[:5]} of {len(self.lost)}"
        assert not self.misdirected, f"to a wrong reader: {self.misdirected[:5]}"
        assert not self.not_in_ledger, f"said to be sent and never accepted: {self.not_in_ledger[:5]}"
        assert not self.unmarked, f"doubled without a mark: {self.unmarked[:5]}"
        assert self.doubled <= most_doubled, f"{self.doubled} doubled, {most_doubled} connections were open"
        assert not {"pending", "leased", "sending", "unknown"} & self.states.keys(), self.states


def judge(sink: Sink, rows: Callable[[str], list[tuple]], *, resume: float | None, settle: float | None) -> Verdict:
    """Compare the ledger with the database; a reader without a letter needs a row that says why."""
    digests = rows(
        "SELECT d.id, d.state, d.resends, d.reason, s.email FROM newsletter_digest d"
        " JOIN subscribers_subscriber s ON s.id = d.subscriber_id"
    )
    everybody = {email for (email,) in rows("SELECT email FROM subscribers_subscriber")}
    accepted = Counter(sink.recipients)
    excused = {email for _, state, _, reason, email in digests if state in ("failed", "skipped") and reason}
    doubled = {email: count - 1 for email, count in accepted.items() if count > 1}
    marked = {email for _, _, resends, _, email in digests if resends}
    verdict = Verdict(
        letters=accepted.total(),
        lost=sorted(everybody - accepted.keys() - excused),
        doubled=sum(doubled.values()),
        marked=len(marked),
        unmarked=sorted(email for email, count in doubled.items() if email not in marked or count > 1),
        misdirected=sink.misdirected + _wrong_reader(sink, {pk: email for pk, *_, email in digests}),
        not_in_ledger=[pk for pk, state, _, _, email in digests if state == "sent" and email not in accepted],
        states=dict(Counter(state for _, state, *_ in digests)),
        resume_s=resume,
        settle_s=settle,
    )
    VERDICTS.append(verdict)
    return verdict


def _wrong_reader(sink: Sink, readers: dict[int, str]) -> list[str]:
    """Return the recipients of letters that were printed for another reader's digest; the Message-ID names it."""
    wrong = []
    for message_id, recipient in zip(sink.message_ids, sink.recipients, strict=True):
        found = _DIGEST_OF.match(message_id)
        if found and readers.get(int(found.group(1)), recipient) != recipient:
            wrong.append(recipient)
    return wrong
