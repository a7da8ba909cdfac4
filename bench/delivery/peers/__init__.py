"""What others need for the same letters: each in an environment of its own, made once from the package registries."""

from __future__ import annotations

import email
import email.policy
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from bench.delivery.sinks import sink
from tests.sink import Sink

_HERE = Path(__file__).resolve().parent
_DJANGO = "Django==5.2.19"


@dataclass(frozen=True, slots=True)
class Peer:
    name: str
    packages: tuple[str, ...]

    @property
    def is_node(self) -> bool:
        return self.name == "nodemailer"


PEERS = (
    # It asks for one of two thumbnail packages at its start.
    Peer("django-newsletter", ("django-newsletter==1.2.1", "sorl-thumbnail==12.11.0", _DJANGO)),
    Peer("django-post-office", ("django-post-office==3.12.0", _DJANGO)),
    Peer("plain Django", (_DJANGO,)),
    Peer("nodemailer", ("nodemailer@10.6.0",)),
)


def ready_peers(folder: Path, say: Callable[[str], object]) -> list[Peer]:
    """Install what can be installed under `folder` (kept for the next run); say what is left out and why."""
    ready = []
    for peer in PEERS:
        if peer.is_node and not (shutil.which("npm") and shutil.which("node")):
            say("nodemailer is left out: neither npm nor node is here.")
            continue
        try:
            _install(peer, folder / peer.name.replace(" ", "-"))
        except subprocess.CalledProcessError as error:
            say(f"{peer.name} is left out, it could not be installed: {error.stderr.decode(errors='replace')[-300:]}")
        else:
            ready.append(peer)
    return ready


def _install(peer: Peer, place: Path) -> None:
    mark = place / "installed"
    if mark.exists() and mark.read_text() == " ".join(peer.packages):
        return
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    if peer.is_node:
        _run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(place), *peer.packages])
    else:
        _run([sys.executable, "-m", "venv", str(place / "venv")])
        _run([str(place / "venv/bin/pip"), "install", "--quiet", "--disable-pip-version-check", *peer.packages])
    mark.write_text(" ".join(peer.packages))


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True)


def measure_peer(peer: Peer, folder: Path, *, letter: dict[str, Any], letters: int) -> dict[str, Any]:
    """Let a peer send so many letters; return its rate and its CPU a letter. AssertionError if one is lost or wrong."""
    place = folder / peer.name.replace(" ", "-")
    (place / "letter.json").write_text(json.dumps(letter))
    if peer.is_node:
        shutil.copy(_HERE / "with_nodemailer.mjs", place)
    size = _size_of_a_right_letter(peer, place, letter)
    with sink() as theirs:
        found = _send(peer, place, theirs.port, letters)
        counted = theirs.count()
        assert counted in (None, letters), f"{peer.name}: the sink counted {counted} of {letters} letters"
        return {
            "rate": letters / found["seconds"],
            "cpu_us": found["cpu_s"] / letters * 1e6,
            "sink_cpu_us": theirs.cpu_seconds() / letters * 1e6,
            "bytes": size,
        }


def _size_of_a_right_letter(peer: Peer, place: Path, letter: dict[str, Any]) -> int:
    """Look at one letter of the peer's: it must name every paper in both parts; return its size."""
    with Sink() as looked_at:
        _send(peer, place, looked_at.port, 1)
    (raw,) = looked_at.messages
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    bodies = [str(part.get_content()) for part in message.walk() if part.get_content_maintype() == "text"]
    assert len(bodies) == 2, f"{peer.name}: {len(bodies)} parts"
    for body in bodies:
        missing = [paper["title"] for paper in letter["papers"] if paper["title"] not in body]
        assert not missing, f"{peer.name}: the letter lacks {missing[0]}"
    return len(raw)


def _send(peer: Peer, place: Path, port: int, letters: int) -> dict[str, float]:
    if peer.is_node:
        command = ["node", "with_nodemailer.mjs"]
    else:
        script = _HERE / f"with_{peer.name.lower().replace(' ', '_').replace('-', '_')}.py"
        command = [str(place / "venv/bin/python"), str(script)]
    outside = {name: value for name, value in os.environ.items() if not name.startswith(("DJANGO", "PYTHON"))}
    done = subprocess.run([*command, str(port), str(letters)], cwd=place, env=outside, capture_output=True, text=True)
    assert done.returncode == 0, f"{peer.name}: {done.stderr[-800:]}"
    return json.loads(done.stdout.splitlines()[-1])
