"""The wire under a question to a host: however slowly it drips, headers as well as a body, it ends in time.

A pause within an answer is what httpx looks at, and a byte every few seconds is none.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import httpcore


class Late(Exception):
    """The time that was allowed is used up."""


class Wire(httpcore.SyncBackend):
    """A network in which all that is said while `speaking` takes no longer than what `allow` allowed."""

    def __init__(self) -> None:
        self._left = self._until = 0.0

    def allow(self, seconds: float) -> None:
        """Begin to count anew."""
        self._left = seconds

    @contextmanager
    def speaking(self) -> Iterator[None]:
        """Let the time count; what lies between two exchanges, such as waiting for a host's turn, does not."""
        self._until = time.monotonic() + self._left
        try:
            yield
        finally:
            self._left = self._until - time.monotonic()

    @contextmanager
    def in_time(self, timeout: float | None) -> Iterator[float]:
        """Give one step its timeout, no longer than what is left; raises `Late`."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise Late
        try:
            yield left if timeout is None else min(left, timeout)
        except httpcore.TimeoutException:
            if time.monotonic() < self._until:
                raise
            raise Late from None

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        with self.in_time(timeout) as seconds:
            return _Stream(super().connect_tcp(host, port, seconds, local_address, socket_options), self)


class _Stream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream, wire: Wire) -> None:
        self._inner, self._wire = inner, wire

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        with self._wire.in_time(timeout) as seconds:
            return self._inner.read(max_bytes, seconds)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        with self._wire.in_time(timeout) as seconds:
            self._inner.write(buffer, seconds)

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        with self._wire.in_time(timeout) as seconds:
            return _Stream(self._inner.start_tls(ssl_context, server_hostname, seconds), self._wire)

    def close(self) -> None:
        self._inner.close()

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
