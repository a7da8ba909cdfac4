"""Read the mailbox that bounces, complaints and wishes to leave come to."""

from __future__ import annotations

import imaplib
import ssl
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from mail.bounces import LARGEST_MESSAGE
from newsletter.mailbox import Filed, take_in
from newsletter.models import Pulse
from papers.management import arguments

_SECONDS = 30
_AT_A_TIME = 10_000


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
            with _imap(address) as (connection, count):
                yield _unseen(connection, count)
        else:
            raise CommandError("A mailbox begins with maildir:, imaps: or imap:.")
    except (OSError, imaplib.IMAP4.error) as error:
        raise CommandError(f"The mailbox cannot be read: {error}") from error


def _maildir(path: Path) -> Iterator[bytes]:
    """Yield each new message, and move it to what was read once the caller has acted on it."""
    if not (path / "new").is_dir():
        raise CommandError(f"{path} is no maildir: it has no folder “new”.")
    for message in sorted((path / "new").glob("[!.]*")):
        with message.open("rb") as file:
            yield file.read(LARGEST_MESSAGE)
        message.rename(path / "cur" / f"{message.name}:2,S")


@contextmanager
def _imap(address: str) -> Iterator[tuple[imaplib.IMAP4, int]]:
    """Open the folder; yield the connection and how many messages are in it."""
    parts = urlsplit(address)
    folder = unquote(parts.path.strip("/")) or "INBOX"
    with _client(parts) as connection:
        connection.login(unquote(parts.username or ""), unquote(parts.password or ""))
        answer, (count, *_rest) = connection.select(f'"{folder}"')
        if answer != "OK":
            raise CommandError(f"The mailbox has no folder “{folder}”: {_words(count)}")
        yield connection, int(count or 0)


def _client(parts: SplitResult) -> imaplib.IMAP4:
    host = parts.hostname or ""
    if parts.scheme == "imap":
        return imaplib.IMAP4(host, parts.port or 143, timeout=_SECONDS)
    # Left to itself imaplib believes any certificate, and tells the password to whoever answers.
    return imaplib.IMAP4_SSL(host, parts.port or 993, ssl_context=ssl.create_default_context(), timeout=_SECONDS)


def _unseen(connection: imaplib.IMAP4, count: int) -> Iterator[bytes]:
    """Yield the beginning of each unseen message, and mark it seen once the caller has acted on it.

    What the server does not hand out stays unseen. A part of the folder is asked about at a time: a list of more than
    a megabyte is more than imaplib takes, and a storm of bounces has one.
    """
    for first in range(1, count + 1, _AT_A_TIME):
        _answer, (numbers, *_rest) = connection.uid("SEARCH", f"{first}:{first + _AT_A_TIME - 1}", "UNSEEN")
        for number in (numbers or b"").decode().split():
            _answer, found = connection.uid("FETCH", number, f"(BODY.PEEK[]<0.{LARGEST_MESSAGE}>)")
            for piece in found:
                if isinstance(piece, tuple):
                    yield piece[1]
                    connection.uid("STORE", number, "+FLAGS", "(\\Seen)")


def _words(said: Any) -> str:
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else ""
