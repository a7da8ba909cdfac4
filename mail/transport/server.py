"""Where an SMTP server is, and how long we wait for it."""

from __future__ import annotations

import functools
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# Seconds a stage may take in all, so that one byte a second is no way to hold us. RFC 5321 (4.5.3.2) would wait
# 5 to 10 minutes each; a batch's lease is 60 s, and only the wait after the dot is worth its price: giving up there
# leaves the letter in doubt.
TIMEOUTS: dict[str, float] = {
    "connect": 10,
    "banner": 20,
    "ehlo": 20,
    "starttls": 20,
    "auth": 20,
    "mail": 25,
    "rcpt": 25,
    "data": 25,
    "body": 60,
    "dot": 120,
}


@dataclass(frozen=True)
class Server:
    """One SMTP server: its address, how to speak to it, and the number of connections one worker may hold."""

    host: str = "localhost"
    port: int = 25
    username: str = ""
    password: str = field(default="", repr=False)
    use_tls: bool = False  # STARTTLS, enforced: without it not a byte of a letter leaves
    use_ssl: bool = False
    our_name: str = "localhost"
    connections: int = 10
    timeouts: Mapping[str, float] = field(default_factory=lambda: TIMEOUTS)

    def addresses(self) -> list[tuple[int, Any]]:
        """Return (family, address) of every way to reach the host; raise OSError when its name is unknown."""
        try:
            found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        except UnicodeError as error:  # "mail..example", or a part of more than 63 letters
            raise OSError("the server's name cannot be one") from error
        return [(family, address) for family, _type, _protocol, _name, address in found]

    @functools.cached_property
    def context(self) -> ssl.SSLContext:
        """The TLS settings: certificate and name are checked (SSL_CERT_FILE names a private authority)."""
        return ssl.create_default_context()


def timeouts_of(seconds: float | None) -> dict[str, float]:
    """Return the waits with EMAIL_TIMEOUT, when it is set, for every stage but the one after the dot."""
    if not seconds:
        return dict(TIMEOUTS)
    return {stage: max(seconds, wait) if stage == "dot" else seconds for stage, wait in TIMEOUTS.items()}
