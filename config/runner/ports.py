"""The ports of `make run`."""

from __future__ import annotations

import socket
import time
import urllib.error
import urllib.request


def is_free(port: int) -> bool:
    """Return whether a server may listen on 127.0.0.1:`port`."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def demand_free(ports: dict[str, int], *, patience: float = 3) -> None:
    """Leave with one sentence when a port is taken; wait a little first, for a run that is just ending."""
    deadline = time.monotonic() + patience
    for variable, port in ports.items():
        while not is_free(port):
            if time.monotonic() > deadline:
                raise SystemExit(
                    f"Port {port} is in use by another program. Choose another: {variable}={port + 100} make run"
                )
            time.sleep(0.1)


def answers(address: str) -> bool:
    """Return whether a web server answers at `address`, whatever it says."""
    try:
        with urllib.request.urlopen(address, timeout=2):  # noqa: S310 (http on loopback only)
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
