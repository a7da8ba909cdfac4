"""What stops an edition by itself: mail that is refused, bounces or complaints. Only an editor lets it go on.

The first fifty letters of an edition are looked at before the others follow; then refusals in a row, and what comes
back, are watched to the end. A cause of ours (a blocked address, a broken letter) so costs a few readers, not all.
"""

from __future__ import annotations

from collections import Counter

from django.utils.translation import gettext as _

from mail.transport import Kind, Outcome
from newsletter.models import Edition

CANARY = 50
_MOST_REFUSED_OF_CANARY = 0.2
# So many refusals without a letter accepted between them, over so many hosts, are about us and not about the readers.
_REFUSED_IN_A_ROW, _HOSTS = 20, 3
# Mail hosts block at 0.3 % complaints and at 5 to 10 % bounces; below these counts a rate says nothing.
_MOST_BOUNCED, _LEAST_BOUNCED = 0.1, 10
_MOST_COMPLAINED, _LEAST_COMPLAINED = 0.003, 3


class Streak:
    """Refusals in a row, over all the batches of one worker."""

    def __init__(self) -> None:
        self._hosts: Counter[str] = Counter()

    def is_too_long(self, outcome: Outcome, to: str) -> bool:
        """Take one outcome more; say whether it is time to stop."""
        if outcome.kind == Kind.ACCEPTED:
            self._hosts.clear()
            return False
        if outcome.kind == Kind.REFUSED and outcome.stage != "build":
            self._hosts[to.rpartition("@")[2].lower()] += 1
        return self._hosts.total() >= _REFUSED_IN_A_ROW and len(self._hosts) >= _HOSTS


def pull_after_streak(edition: Edition, outcome: Outcome) -> None:
    """Pause the edition whose letters are refused one after the other."""
    said = _("%(count)d letters in a row were refused: %(text)s")
    reason = said % {"count": _REFUSED_IN_A_ROW, "text": outcome.text}
    # As a brake the first time, or the same refusals would stop it again as a rate once the editor has resumed it.
    edition.brake(reason) or edition.pause(reason)


def judge_canary(edition: Edition, tally: Counter[str]) -> None:
    """Pause the edition if too many of its first letters were refused."""
    refused, total = tally["failed"], tally["failed"] + tally["sent"]
    if refused >= _LEAST_BOUNCED and refused > total * _MOST_REFUSED_OF_CANARY:
        said = _("%(refused)d of the first %(total)d letters were refused")
        edition.brake(said % {"refused": refused, "total": total})


def judge_returns(edition: Edition) -> None:
    """Pause the edition if too much of it bounced or was called spam; once, then the editor has the word."""
    bounced = edition.digests.filter(bounced_at__isnull=False).count()
    complained = edition.digests.filter(complained_at__isnull=False).count()
    if edition.has_braked or (bounced < _LEAST_BOUNCED and complained < _LEAST_COMPLAINED):
        return
    sent = edition.glance().get("sent", 0)
    if bounced >= _LEAST_BOUNCED and bounced > sent * _MOST_BOUNCED:
        edition.brake(_("%(count)d of %(sent)d letters bounced") % {"count": bounced, "sent": sent})
    elif complained >= _LEAST_COMPLAINED and complained > sent * _MOST_COMPLAINED:
        edition.brake(_("%(count)d of %(sent)d readers complained") % {"count": complained, "sent": sent})
