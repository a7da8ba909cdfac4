"""Handing over through a Django mail backend: every provider of Anymail, and what the tests swap in."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from typing import Any

from anymail.exceptions import (
    AnymailAPIError,
    AnymailInvalidAddress,
    AnymailRecipientsRefused,
    AnymailSerializationError,
    AnymailUnsupportedFeature,
)
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from requests.exceptions import ConnectionError as RequestsConnectionError
from requests.exceptions import ConnectTimeout
from urllib3.exceptions import NewConnectionError

from mail.letter import Letter
from mail.transport.message import message_of
from mail.transport.outcome import Journal, Kind, Outcome, discreet
from mail.transport.providers import PLAIN, PROVIDERS, provider_name

# Answers about us, not about the letter: no access, no money, no such domain, too fast.
_ABOUT_US = {401, 402, 403, 404, 407, 429}
# What Anymail raises while it makes the request; later anything may be wrong with an answer to a letter that arrived.
_BEFORE_IT_LEFT = (AnymailUnsupportedFeature, AnymailInvalidAddress, AnymailSerializationError, UnicodeEncodeError)
_LONGEST_RETRY = 3600.0


class BackendTransport:
    """One backend, named by its path; letters go one by one, so that one refusal stops nobody else's."""

    def __init__(self, path: str, name: str = "", **settings: Any) -> None:
        self.path, self.name, self._settings = path, name or path, settings
        self.provider = PROVIDERS.get(provider_name(path), PLAIN)

    def deliver(self, letters: Iterable[Letter], journal: Journal) -> Iterator[Outcome]:
        """Hand over the letters, one request each on one kept connection."""
        connection = get_connection(self.path, **self._settings)
        try:
            connection.open()
            for letter in letters:
                outcome = self._hand_over(letter, connection, journal)
                journal.answered(outcome)
                yield outcome
        finally:
            connection.close()

    def _hand_over(self, letter: Letter, connection: BaseEmailBackend, journal: Journal) -> Outcome:
        try:
            message = self._message(letter, connection)
        except (ValueError, LookupError, TypeError) as error:
            return Outcome(letter.key, Kind.REFUSED, "build", text=discreet(f"{type(error).__name__}: {error}", letter))
        try:
            journal.leaving(letter)
        except OSError as error:
            return Outcome(letter.key, Kind.DEFERRED, "journal", text=str(error)[:300], is_transport=True)
        try:
            message.send()
        except AnymailRecipientsRefused:
            return _read_status(letter, message)
        except Exception as error:  # whatever a backend raises: only a clear answer is one
            return _judge(letter, error)
        return _read_status(letter, message)

    def _message(self, letter: Letter, connection: BaseEmailBackend) -> EmailMultiAlternatives:
        message: Any = message_of(letter)
        message.connection = connection
        if self.provider.has_metadata:
            message.metadata = {"letter": letter.sender}  # signed: what comes back with it is ours
        if self.provider.has_envelope_sender:
            message.envelope_sender = letter.sender
        if self.provider.has_tracking_switch:
            message.track_opens = message.track_clicks = False
        key = _stable_key(letter)
        if self.provider.idempotency == "letter":
            message.extra_headers["idempotencyKey"] = key
        elif self.provider.idempotency == "http":
            session: Any = getattr(connection, "session", None)
            session.headers["Idempotency-Key"] = key
        checked: EmailMultiAlternatives = message
        return checked


def _stable_key(letter: Letter) -> str:
    """Return the same key for each try of the same letter: its Message-ID says which it is."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, letter.headers.get("Message-ID", letter.sender)))


def _read_status(letter: Letter, message: EmailMultiAlternatives) -> Outcome:
    status: Any = getattr(message, "anymail_status", None)
    provider_id = str(getattr(status, "message_id", None) or "")[:200]
    said = {str(word) for word in getattr(status, "status", None) or ()}
    if said & {"rejected", "invalid", "failed"}:
        return Outcome(letter.key, Kind.REFUSED, "api", 550, text=" ".join(sorted(said)), provider_id=provider_id)
    if status is not None and not said & {"sent", "queued"}:
        return Outcome(letter.key, Kind.UNKNOWN, "api", 200, text="an answer that says nothing")
    return Outcome(letter.key, Kind.ACCEPTED, "api", 200, provider_id=provider_id)


def _judge(letter: Letter, error: Exception) -> Outcome:
    """Turn what the backend raised into an outcome: a clear answer is one, anything else leaves the letter in doubt."""
    text = discreet(f"{type(error).__name__}: {error}", letter)
    if isinstance(error, _BEFORE_IT_LEFT):
        return Outcome(letter.key, Kind.REFUSED, "build", text=text)
    if _never_left(error):
        return Outcome(letter.key, Kind.DEFERRED, "connect", text=text, is_transport=True)
    code = int(getattr(error, "status_code", None) or 0) if isinstance(error, AnymailAPIError) else 0
    if code in _ABOUT_US:
        return Outcome(letter.key, Kind.DEFERRED, "api", code, "", text, "", True, _retry_after(error))
    if 400 <= code < 500 and code not in (408, 409):
        return Outcome(letter.key, Kind.REFUSED, "api", code, text=text)
    return Outcome(letter.key, Kind.UNKNOWN, "api", code, text=text)


def _never_left(error: Exception) -> bool:
    """Say whether no connection was made at all, so that nothing can have arrived."""
    if isinstance(error, ConnectTimeout | ConnectionRefusedError):
        return True
    reason = getattr(error.args[0], "reason", None) if error.__cause__ is None and error.args else None
    cause = error.__cause__
    if isinstance(cause, RequestsConnectionError) and cause.args:
        reason = getattr(cause.args[0], "reason", None)
    return isinstance(reason, NewConnectionError)


def _retry_after(error: Exception) -> float:
    response: Any = getattr(error, "response", None)
    value = response.headers.get("Retry-After", "") if response is not None else ""
    return min(float(value), _LONGEST_RETRY) if value.isdecimal() else 0.0
