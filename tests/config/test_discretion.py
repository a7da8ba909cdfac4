"""What the logs say, and what they do not."""

import logging
import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.utils import timezone

from config.discretion import DiscreetFormatter, discreet
from subscribers.models import Subscriber
from subscribers.tokens import Purpose


def test_a_line_names_no_reader_and_opens_no_door():
    token = "AgAAAAAAAAABAAAAAAAHgzzjRfuAucBXwSZItcL9burL"
    line = discreet(f"Not Found: /confirm/{token}/ for ada.l+x@example.org and ?email=ada%40example.org")
    assert token not in line
    assert "ada" not in line
    assert "…@example.org" in line


def test_what_comes_from_outside_writes_no_line_of_its_own():
    record = logging.LogRecord("x", logging.INFO, "", 0, "seen %s", ("a\r\n2026 ERROR forged \x1b[31m",), None)
    assert "\n" not in DiscreetFormatter("{message}", style="{").format(record)


def test_what_an_error_says_begins_no_line_of_the_log():
    try:
        raise ValueError("a\r2026 ERROR forged\n2026 ERROR forged \x1b[31m")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "", 0, "broken", (), sys.exc_info())
    lines = DiscreetFormatter("{message}", style="{").format(record).split("\n")
    assert len(lines) > 3
    assert not [line for line in lines[1:] if not line.startswith("  ")]
    assert not [line for line in lines if "\r" in line or "\x1b" in line]


@pytest.mark.django_db
def test_a_link_that_fails_is_logged_without_its_token(client, capsys):
    reader = Subscriber.objects.create(email="ada@example.org")
    token = reader.token(Purpose.MANAGE, now=timezone.now())
    root = next(handler for handler in logging.getLogger().handlers if isinstance(handler.formatter, DiscreetFormatter))
    lines = []
    root.emit, emit = lambda record: lines.append(root.format(record)), root.emit
    try:
        client.get(f"/confirm/{token}/")
    finally:
        root.emit = emit
    assert [line for line in lines if "Not Found" in line]
    assert not [line for line in lines if token in line]


def test_a_worker_keeps_the_discreet_log(tmp_path):
    """Celery puts a handler of its own in the place of ours, unless it is told not to."""
    words = """
import logging
import django
django.setup()
from config.celery import app
app.log.setup(loglevel="DEBUG")
logging.getLogger("celery.app.trace").error("no letter to ada@example.org")
"""
    environment = {"DJANGO_SETTINGS_MODULE": "config.settings", "VAR_DIR": str(tmp_path), "PATH": os.environ["PATH"]}
    run = [sys.executable, "-c", words]
    done = subprocess.run(run, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=True)
    assert "no letter to …@example.org" in done.stderr
    assert "ada" not in done.stderr
