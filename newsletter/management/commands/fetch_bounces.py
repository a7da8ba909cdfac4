"""Read the mailbox that bounces, complaints and wishes to leave come to."""

from __future__ import annotations

import imaplib
import mailbox as mailboxes
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from newsletter.mailbox import Filed, take_in
from newsletter.models import Pulse
from papers.management import arguments

_SECONDS = 30


class Command(BaseCommand):
    help = "Read bounces, complaints and unsubscribe mails from a maildir or over IMAP (BOUNCE_MAILBOX)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "mailbox",
            nargs="?",
            default=settings.BOUNCE_MAILBOX,
            help="maildir:/path/to/Maildir or imaps://user:password@host/INBOX; BOUNCE_MAILBOX when left out.",
        )
        parser.add_argument("--limit", type=arguments.count, default=5000, help="Messages in one run.")

    def handle(self, *_args: Any, **options: Any) -> None:
        address = options["mailbox"]
        if not address:
            raise CommandError("Name a mailbox: maildir:/path or imaps://user:password@host/INBOX (or BOUNCE_MAILBOX).")
        try:
            tally = _read(address, limit=options["limit"])
        except CommandError as error:
            Pulse.beat(Pulse.BOUNCES_UNREAD, now=timezone.now(), said=str(error))
            raise
        Pulse.beat(Pulse.BOUNCES_READ, now=timezone.now())
        words = ", ".join(f"{tally[kind]} × {kind}" for kind in Filed)
        self.stdout.write(f"{tally.total()} messages: {words}.")


def _read(address: str, *, limit: int) -> Counter[Filed]:
    tally: Counter[Filed] = Counter()
    with _opened(address) as messages:
        for raw in islice(messages, limit):
            tally[take_in(raw, now=timezone.now())] += 1
    return tally


@contextmanager
def _opened(address: str) -> Iterator[Iterator[bytes]]:
    parts = urlsplit(address)
    try:
        if parts.scheme == "maildir":
            yield _maildir(Path(parts.path))
        elif parts.scheme in ("imaps", "imap"):
            with _imap(address) as connection:
                yield _unseen(connection)
        else:
            raise CommandError("A mailbox begins with maildir:, imaps: or imap:.")
    except (OSError, imaplib.IMAP4.error) as error:
        raise CommandError(f"The mailbox cannot be read: {error}") from error


def _maildir(path: Path) -> Iterator[bytes]:
    """Yield each new message, and move it to what was read once the caller has acted on it."""
    if not (path / "new").is_dir():
        raise CommandError(f"{path} is no maildir: it has no folder “new”.")
    box = mailboxes.Maildir(path, create=False)
    for key in sorted(box.keys()):
        message = box[key]
        if message.get_subdir() == "new":
            yield box.get_bytes(key)
            message.set_subdir("cur")
            message.add_flag("S")
            box[key] = message


def _imap(address: str) -> imaplib.IMAP4:
    parts = urlsplit(address)
    connect, port = (imaplib.IMAP4_SSL, 993) if parts.scheme == "imaps" else (imaplib.IMAP4, 143)
    connection = connect(parts.hostname or "", parts.port or port, timeout=_SECONDS)
    connection.login(unquote(parts.username or ""), unquote(parts.password or ""))
    connection.select(unquote(parts.path.strip("/")) or "INBOX")
    return connection


def _unseen(connection: imaplib.IMAP4) -> Iterator[bytes]:
    """Yield each unseen message, and mark it seen once the caller has acted on it."""
    _answer, (numbers, *_rest) = connection.uid("SEARCH", "UNSEEN")
    for number in (numbers or b"").split():
        _answer, found = connection.uid("FETCH", number.decode(), "(BODY.PEEK[])")
        for piece in found:
            if isinstance(piece, tuple):
                yield piece[1]
        connection.uid("STORE", number.decode(), "+FLAGS", "(\\Seen)")
