"""Start the whole product: site, worker, beat, broker and a captured mailbox. Ctrl-C stops it."""

from __future__ import annotations

import fcntl
import os
import signal
import sys
import time
from io import StringIO
from pathlib import Path
from types import FrameType
from typing import IO

from config.runner.broker import Broker, find_broker, wait_until_it_answers
from config.runner.children import Children
from config.runner.ports import answers, demand_free

BASE_DIR = Path(__file__).resolve().parents[2]
VAR_DIR = Path(BASE_DIR, os.environ.get("VAR_DIR") or "var")
START_SECONDS = 60


class StopAsked(Exception):
    """Somebody pressed Ctrl-C or sent SIGTERM."""


def main() -> int:
    """Run until asked to stop; return the exit code."""
    signal.signal(signal.SIGTERM, _ask_to_stop)
    signal.signal(signal.SIGINT, _ask_to_stop)
    VAR_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = _lock_or_leave()
    ports = {
        variable: int(os.environ.get(variable, default))
        for variable, default in {"PORT": 8000, "MAILBOX_PORT": 8026, "SMTP_PORT": 8025}.items()
    }
    demand_free(ports)
    broker = find_broker(VAR_DIR)
    environment = _environment(ports, broker)
    os.environ.update(environment)
    children = Children(VAR_DIR / "log", os.environ)
    try:
        return _run(children, broker, ports)
    except StopAsked:
        print("\nStopping.", flush=True)
        return 0
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        children.stop()
        lock.close()


def _run(children: Children, broker: Broker, ports: dict[str, int]) -> int:
    if broker.command:
        children.start("broker", broker.command)
        if not wait_until_it_answers(broker):
            return _report_fall(children, "broker")
    if broker.warning:
        print(broker.warning)
    commands = _commands(ports)
    # The site loads while the database is prepared; the others would only keep the first page waiting.
    children.start("web", commands.pop("web"))
    password = prepare()
    if not _answers_in_time(children, f"http://127.0.0.1:{ports['PORT']}/robots.txt"):
        return _report_fall(children, children.fallen() or "web")
    for name, command in commands.items():
        children.start(name, command)
    if not _answers_in_time(children, f"http://127.0.0.1:{ports['MAILBOX_PORT']}/"):
        return _report_fall(children, children.fallen() or "mailbox")
    _greet(os.environ["SITE_URL"], ports, password)
    _nudge_the_sources()
    while (fallen := children.fallen()) is None:
        time.sleep(0.5)
    return _report_fall(children, fallen)


def _answers_in_time(children: Children, address: str) -> bool:
    deadline = time.monotonic() + START_SECONDS
    while not answers(address):
        if children.fallen() or time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def prepare() -> str | None:
    """Bring the database up to date with topics, samples and an editor; return the editor's password if it is new."""
    # Only now: a second `make run` is refused before it has loaded anything.
    import django
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from django.utils.crypto import get_random_string

    django.setup()
    for command in ("migrate", "load_topics", "load_samples"):
        call_command(command, verbosity=0, stdout=StringIO())
    users = get_user_model()
    if users.objects.filter(is_superuser=True).exists():
        return None
    password = get_random_string(14)
    users.objects.create_superuser("editor", f"editor@{os.environ['SITE_URL'].split('//')[1].split(':')[0]}", password)
    return password


def _environment(ports: dict[str, int], broker: Broker) -> dict[str, str]:
    ours = {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SITE_URL": f"http://127.0.0.1:{ports['PORT']}",
        "EMAIL_URL": f"smtp://127.0.0.1:{ports['SMTP_PORT']}",
        "VAR_DIR": str(VAR_DIR),
        **broker.environment,
    }
    return {name: value for name, value in ours.items() if name not in os.environ}


def _commands(ports: dict[str, int]) -> dict[str, list[str]]:
    python = sys.executable
    celery = [python, "-m", "celery", "-A", "config"]
    return {
        "mailbox": [python, "-m", "config.runner.mailbox", str(ports["SMTP_PORT"]), str(ports["MAILBOX_PORT"])],
        "web": [
            *[python, "-m", "gunicorn", "--bind", f"127.0.0.1:{ports['PORT']}", "--workers", "2", "--threads", "4"],
            *["--preload", "--no-control-socket", "--log-level", "warning", "config.wsgi"],
        ],
        "worker": [*celery, "worker", "--concurrency", "2", "--without-mingle", "--without-gossip"],
        "beat": [*celery, "beat", "--pidfile=", "--schedule", str(VAR_DIR / "beat")],
    }


def _lock_or_leave() -> IO[str]:
    lock = (VAR_DIR / "run.lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.seek(0)
        raise SystemExit(f"Paper Round is already running here (process {lock.read().strip()}).") from None
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def _greet(site: str, ports: dict[str, int], password: str | None) -> None:
    print("\nPaper Round is running. Ctrl-C stops it.\n")
    print(f"  The site     {site}/")
    print(f"  Admin        {site}/admin/")
    print(f"  The mailbox  http://127.0.0.1:{ports['MAILBOX_PORT']}/   every letter it sends lands here")
    if password:
        print(f"\n  Sign in to admin as  editor  with  {password}   (shown only this once)")
    print(f"\n  Logs are in {VAR_DIR / 'log'}\n", flush=True)


def _nudge_the_sources() -> None:
    """Ask for today's real papers at once; beat asks again every five minutes."""
    from config.celery import app  # which reads the settings, and those the environment of `main`

    try:
        app.send_task("papers.tasks.fetch_sources", retry=False)
    except OSError as error:
        print(f"The sources will be asked a little later: {error}")


def _report_fall(children: Children, name: str) -> int:
    print(f"\nThe {name} process has ended. Its last words:\n{children.last_words(name)}\n", file=sys.stderr)
    return 1


def _ask_to_stop(_signal: int, _frame: FrameType | None) -> None:
    raise StopAsked


if __name__ == "__main__":
    sys.exit(main())
