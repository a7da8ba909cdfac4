"""What others need for the same letters: each in an environment of its own, made once from the package registries."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.delivery.sinks import sink

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
        shutil.copy(_HERE / "with_nodemailer.mjs", place)
    else:
        _run([sys.executable, "-m", "venv", str(place / "venv")])
        _run([str(place / "venv/bin/pip"), "install", "--quiet", "--disable-pip-version-check", *peer.packages])
    mark.write_text(" ".join(peer.packages))


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True)


def measure_peer(peer: Peer, folder: Path, *, letter: dict[str, str], letters: int) -> dict[str, Any]:
    """Let a peer send so many letters; return its rate and its CPU a letter. AssertionError if one is lost."""
    place = folder / peer.name.replace(" ", "-")
    (place / "letter.json").write_text(json.dumps(letter))
    with sink() as theirs:
        if peer.is_node:
            command = ["node", "with_nodemailer.mjs"]
        else:
            script = _HERE / f"with_{peer.name.lower().replace(' ', '_').replace('-', '_')}.py"
            command = [str(place / "venv/bin/python"), str(script)]
        outside = {name: value for name, value in os.environ.items() if not name.startswith(("DJANGO", "PYTHON"))}
        done = subprocess.run(
            [*command, str(theirs.port), str(letters)], cwd=place, env=outside, capture_output=True, text=True
        )
        assert done.returncode == 0, f"{peer.name}: {done.stderr[-800:]}"
        counted = theirs.count()
        assert counted in (None, letters), f"{peer.name}: the sink counted {counted} of {letters} letters"
        found = json.loads(done.stdout.splitlines()[-1])
        return {
            "rate": letters / found["seconds"],
            "cpu_us": found["cpu_s"] / letters * 1e6,
            "sink_cpu_us": theirs.cpu_seconds() / letters * 1e6,
        }
