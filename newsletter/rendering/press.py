"""From plain values to finished letters."""

from __future__ import annotations

import copy
import datetime as dt
import email
import email.policy
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from email.utils import format_datetime
from typing import NamedTuple

from mail.letter import Letter, ascii_address
from mail.returning import returning
from mail.signing import prove_key, signed
from newsletter.rendering.box import Box
from newsletter.rendering.circular import Circular
from newsletter.rendering.contents import EditionContents, Issue
from newsletter.rendering.imprint import imprint
from newsletter.rendering.plate import Pieces, head_of, plate_of
from subscribers.tokens import Purpose, signer

_PLAIN_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[A-Za-z0-9.-]+", re.ASCII)

# Plain integers: packing a member of an enumeration costs a third of a token.
_FEEDBACK, _WEB_VIEW, _MANAGE = int(Purpose.FEEDBACK), int(Purpose.WEB_VIEW), int(Purpose.MANAGE)
_UNSUBSCRIBE, _OPEN, _CLICK = int(Purpose.UNSUBSCRIBE), int(Purpose.OPEN), int(Purpose.CLICK)


class Sheet(NamedTuple):
    """What a letter is put together from: its headers, the pieces of its body, and the token of each mark."""

    head: bytes
    body: list[Pieces]
    tokens: dict[bytes, bytes]

    def wire(self) -> bytes:
        """Return the whole message, signed when we sign."""
        tokens, parts = self.tokens, [self.head]
        parts += [tokens[mark].join(texts) for pieces in self.body for mark, texts in pieces]
        return signed(b"".join(parts))


class SealedLetter(Letter):
    """A printed letter; its parts are read back only when somebody (an ESP) asks for them."""

    __slots__ = ("_sheet",)
    _sheet: Sheet
    is_ready = True  # plates and headers are made by mail.encoding

    def __init__(self, key: str, sender: str, to: str, sheet: Sheet) -> None:
        for name, value in (("key", key), ("sender", sender), ("to", to), ("_sheet", sheet)):
            object.__setattr__(self, name, value)

    @property
    def wire(self) -> bytes:
        """The whole message. It is put together when it leaves: 200 of them side by side would leave no cache warm."""
        return self._sheet.wire()

    @property
    def headers(self) -> dict[str, str]:
        message = email.message_from_bytes(self.wire.partition(b"\r\n\r\n")[0])
        frame = ("mime-version", "content-type")
        return {name: " ".join(value.split()) for name, value in message.items() if name.lower() not in frame}

    @property
    def text(self) -> str:
        return self._part(0)

    @property
    def html(self) -> str:
        return self._part(1)

    def _part(self, number: int) -> str:
        message = email.message_from_bytes(self.wire, policy=email.policy.default)
        return str(list(message.iter_parts())[number].get_content())


class Press:
    """Prints the letters of one edition. It makes no query; what it prints twice it keeps."""

    def __init__(self, edition: EditionContents, issues: Sequence[Issue] = (), *, now: dt.datetime) -> None:
        self.edition, self.issues, self.now = edition, tuple(issues), now
        prove_key()
        self.imprint = imprint()
        self.sign = signer(now)
        self._sender = returning(self.imprint.bounce_address)
        self._boxes: dict[tuple[str, bool], Box | Circular] = {}
        self._head_of_all = head_of(self.imprint, edition)
        self._day = f"{edition.day:%Y%m%d}"
        self._date = f"Date: {format_datetime(now)}\r\n".encode()

    def with_issues(self, issues: Iterable[Issue]) -> Press:
        """Return a press for other readers of the edition; what one of the two printed, both have."""
        other = copy.copy(self)
        other.issues = tuple(issues)
        return other

    def letters(self) -> Iterator[Letter]:
        """Print every issue of this press."""
        return map(self.letter, self.issues)

    def letter(self, issue: Issue) -> Letter:
        """Print one reader's digest; raise BadAddress when it cannot be addressed."""
        to = issue.to if _PLAIN_ADDRESS.fullmatch(issue.to) else ascii_address(issue.to)
        tokens = tokens_of(issue, self.sign)
        subject, body = self._box(issue).lay(issue)
        head = self._head(issue, to, subject, tokens[b"\0U"])
        sender = self._sender(f"d{issue.digest_id}")
        return SealedLetter(str(issue.digest_id), sender, to, Sheet(head, body, tokens))

    def _box(self, issue: Issue) -> Box | Circular:
        style = (issue.language, issue.is_tracked)
        if style not in self._boxes:
            self._boxes[style] = self._new_box(*style)
        return self._boxes[style]

    def _new_box(self, language: str, is_tracked: bool) -> Box | Circular:
        if words := self.edition.words:
            return Circular(self.imprint, self.edition, words, language, is_tracked)
        return Box(plate_of(self.imprint, self.edition, language, is_tracked))

    def _head(self, issue: Issue, to: str, subject: bytes, token: bytes) -> bytes:
        day, domain = self._day, self.imprint.mail_domain
        own = f"To: {to}\r\nMessage-ID: <{day}.{issue.digest_id}@{domain}>\r\n".encode("ascii")
        return own + subject + self._date + token.join(self._head_of_all)


def tokens_of(issue: Issue, sign: Callable[[int, int, int], bytes]) -> dict[bytes, bytes]:
    """Return each mark and the token that takes its place in this reader's letter; `sign` is tokens.signer's.

    The empty mark stands for nothing.
    """
    digest, reader, epoch = issue.digest_id, issue.subscriber_id, issue.epoch
    tokens = {
        b"": b"",
        b"\0F": sign(_FEEDBACK, digest, epoch),
        b"\0V": sign(_WEB_VIEW, digest, epoch),
        b"\0M": sign(_MANAGE, reader, epoch),
        b"\0U": sign(_UNSUBSCRIBE, reader, epoch),
    }
    if issue.is_tracked:
        tokens[b"\0O"] = sign(_OPEN, digest, epoch)
        tokens[b"\0C"] = sign(_CLICK, digest, epoch)
    return tokens
