"""Handing over through a Django mail backend: every provider of Anymail, and what the tests swap in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from smtplib import SMTPException

from anymail.exceptions import AnymailAPIError, AnymailError, AnymailRecipientsRefused
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend

from mail.letter import Letter
from mail.transport.message import message_of
from mail.transport.outcome import Journal, Kind, Outcome


class BackendTransport:
    """One backend, named by its path; letters go one by one, so that one refusal stops nobody else's."""

    def __init__(self, path: str, name: str = "") -> None:
        self.path, self.name = path, name or path

    def deliver(self, letters: Iterable[Letter], journal: Journal) -> Iterator[Outcome]:
        """Hand over the letters, one request each on one kept connection."""
        connection = get_connection(self.path)
        connection.open()
        try:
            for letter in letters:
                outcome = self._hand_over(letter, connection, journal)
                journal.answered(outcome)
                yield outcome
        finally:
            connection.close()

    def _hand_over(self, letter: Letter, connection: BaseEmailBackend, journal: Journal) -> Outcome:
        try:
            message = message_of(letter)
        except (ValueError, LookupError, TypeError) as error:
            return Outcome(letter.key, Kind.REFUSED, "build", text=f"{type(error).__name__}: {error}")
        message.connection = connection
        journal.leaving(letter)
        try:
            message.send()
        except Exception as error:
            return _judge(letter, error)
        return _read_status(letter, message)


def _read_status(letter: Letter, message: EmailMultiAlternatives) -> Outcome:
    status = getattr(message, "anymail_status", None)
    provider_id = str(getattr(status, "message_id", "") or "")
    return Outcome(letter.key, Kind.ACCEPTED, "api", 200, provider_id=provider_id)


def _judge(letter: Letter, error: Exception) -> Outcome:
    """Turn what the backend raised into an outcome: a clear answer is one, anything else leaves the letter in doubt."""
    text = f"{type(error).__name__}: {error}"[:300]
    if isinstance(error, AnymailRecipientsRefused):
        return Outcome(letter.key, Kind.REFUSED, "api", text=text)
    if isinstance(error, AnymailAPIError) and error.status_code is not None:
        code = int(error.status_code)
        if code == 429:
            return Outcome(letter.key, Kind.DEFERRED, "api", code, text=text, is_transport=True)
        if 400 <= code < 500:
            return Outcome(letter.key, Kind.REFUSED, "api", code, text=text)
        return Outcome(letter.key, Kind.UNKNOWN, "api", code, text=text)
    if isinstance(error, AnymailError | SMTPException | OSError):
        return Outcome(letter.key, Kind.UNKNOWN, "api", text=text)
    return Outcome(letter.key, Kind.REFUSED, "build", text=text)
