"""Two rankers write one digest: team-draft interleaving (Radlinski, Kurup, Joachims 2008)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from papers.ranking.values import Pick

# The teams' names, as they stand in the digests.
CONTROL, CHALLENGER = "control", "challenger"


def draft(control: Sequence[Pick], challenger: Sequence[Pick], *, limit: int, coins: Iterable[bool]) -> list[Pick]:
    """Return at most `limit` picks, each with the team that chose it (none for the place of the unexpected).

    In each round both teams choose their best paper that is not taken yet; a coin (True: the challenger) says who
    begins, so that over many readers neither has the better places. What both would send stays one paper."""
    unexpected = next((pick for pick in control if pick.reason.kind == "explore"), None)
    teams = {
        CONTROL: [pick for pick in control if pick.reason.kind != "explore"],
        CHALLENGER: [pick for pick in challenger if pick.reason.kind != "explore"],
    }
    drafted: dict[int, Pick] = {}
    for coin in coins:
        before = len(drafted)
        for team in (CHALLENGER, CONTROL) if coin else (CONTROL, CHALLENGER):
            best = next((pick for pick in teams[team] if pick.id not in drafted), None)
            reserved = unexpected is not None and unexpected.id not in drafted
            if best is not None and len(drafted) < limit - reserved:
                drafted[best.id] = best._replace(team=team)
        if len(drafted) == before:
            break
    if unexpected is not None:
        drafted.setdefault(unexpected.id, unexpected)
    return list(drafted.values())
