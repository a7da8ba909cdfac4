"""What one import did."""

from __future__ import annotations

from dataclasses import dataclass, field

from papers.sources import Rejection


@dataclass(slots=True)
class Tally:
    """What one import did; `rejections` say why."""

    new: int = 0
    changed: int = 0
    same: int = 0
    rejected: int = 0
    rejections: list[Rejection] = field(default_factory=list)

    @property
    def accepted(self) -> int:
        return self.new + self.changed + self.same

    def counts(self) -> dict[str, int]:
        return {"new": self.new, "changed": self.changed, "same": self.same, "rejected": self.rejected}

    def add(self, other: Tally) -> None:
        self.new += other.new
        self.changed += other.changed
        self.same += other.same
        self.rejected += other.rejected
        self.rejections += other.rejections

    def reject(self, rejection: Rejection) -> None:
        self.rejected += 1
        self.rejections.append(rejection)
