"""One letter before it leaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Letter:
    """One email to one address.

    `key` is the caller's name for it (a digest id); outcomes carry it back. `sender` is the envelope address that
    bounces return to; the visible From stands in `headers`, with Subject, To, Message-ID and all others, ASCII only.
    `wire`, when given, is the finished message (CRLF, 7 bit, not dot-stuffed) and equals what the parts would make.
    """

    key: str
    sender: str
    to: str
    headers: Mapping[str, str]
    text: str
    html: str
    wire: bytes = field(default=b"", repr=False)
