"""A signed digest through a real mail server that speaks to another without 8BITMIME: the signature holds."""

import contextlib
import datetime as dt
import os
import re
import shutil
import smtplib
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import dkim
import pytest

from newsletter.examples import example
from tests.newsletter.real import SITE_URL, real_digests

NOW = dt.datetime(2026, 5, 4, 6, 0, tzinfo=dt.UTC)
MAIN = """compatibility_level = 3.6
myhostname = mail.digest.test
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
mydestination =
alias_maps =
relayhost = [127.0.0.1]:{sink}
smtp_dns_support_level = disabled
smtpd_recipient_restrictions = permit_mynetworks, reject
smtpd_relay_restrictions = permit_mynetworks, reject
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/postfix.log
maillog_file_prefixes = {folder}
"""
pytestmark = [
    pytest.mark.letters,
    pytest.mark.skipif(not shutil.which("postfix") or os.geteuid() != 0, reason="needs postfix, and root to start it"),
]


@pytest.fixture
def folder():
    """Return a folder that the servers' own users can enter; every start of pytest closes its own again."""
    with tempfile.TemporaryDirectory(prefix="paper-round-postfix-") as made:
        Path(made).chmod(0o755)
        yield Path(made)


@pytest.fixture
def servers(folder):
    sink, port = free_port(), free_port()
    caught = folder / "caught"
    caught.mkdir()
    caught.chmod(0o777)
    command = ["smtp-sink", "-8", "-u", "nobody", "-d", f"{caught}/m.", f"127.0.0.1:{sink}", "20"]
    daemon = subprocess.Popen(command, cwd=caught)
    config = folder / "etc"
    config.mkdir()
    for name in ("queue", "data"):
        (folder / name).mkdir()
    shutil.chown(folder / "data", "postfix")
    (config / "main.cf").write_text(MAIN.format(sink=sink, folder=folder))
    services = Path("/usr/share/postfix/master.cf.dist").read_text()
    services = re.sub(r"^smtp +inet .*$", f"127.0.0.1:{port} inet n - n - - smtpd", services, flags=re.MULTILINE)
    services = re.sub(r"^(\w+ +(?:unix|unix-dgram|fifo) +\S+ +\S+ +)y", r"\1n", services, flags=re.MULTILINE)
    if "postlog " not in services:
        services += "postlog unix-dgram n - n - 1 postlogd\n"
    (config / "master.cf").write_text(services)
    try:
        subprocess.run(["postfix", "-c", config, "start"], check=True, capture_output=True)
        yield port, caught
    finally:
        subprocess.run(["postfix", "-c", config, "stop"], capture_output=True)
        daemon.terminate()
        daemon.wait(10)


def test_a_signature_survives_a_mail_server_without_8bitmime(servers, public_key):
    port, caught = servers
    sent = [example(name, now=NOW, language=code) for name in ("daily", "weekly", "confirm") for code in ("en", "de")]
    with smtplib.SMTP("127.0.0.1", port, timeout=30) as server:
        for letter in sent:
            server.sendmail(letter.sender, [letter.to], letter.wire)
    for raw in wait_for(caught, len(sent)):
        assert dkim.verify(raw, dnsfunc=lambda name, timeout=5: public_key)
        if b"List-Unsubscribe" in raw:
            assert not dkim.verify(
                raw.replace(b"=One-Click", b"=Two-Click"), dnsfunc=lambda name, timeout=5: public_key
            )


@pytest.mark.django_db
def test_the_signatures_of_two_hundred_real_digests_survive_it_and_cover_both_ways_out(
    servers, public_key, shared_data, settings
):
    settings.SITE_URL = SITE_URL
    port, caught = servers
    sent = [letter for _issue, letter in real_digests(shared_data)]
    with smtplib.SMTP("127.0.0.1", port, timeout=30) as server:
        for letter in sent:
            server.sendmail(letter.sender, [letter.to], letter.wire)
    for raw in wait_for(caught, 200):
        assert dkim.verify(raw, dnsfunc=lambda name, timeout=5: public_key)
        covered = re.search(rb"^DKIM-Signature:.*?\bh=([^;]*);", raw, re.DOTALL | re.MULTILINE)[1]
        names = {name.strip().lower() for name in covered.split(b":")}
        assert {b"list-unsubscribe", b"list-unsubscribe-post"} <= names


def wait_for(folder, count):
    end = time.monotonic() + 60
    while time.monotonic() < end:
        files = [path for path in folder.iterdir() if path.stat().st_size > 3000]
        if len(files) == count:
            return [without_sink_lines(path.read_bytes()) for path in files]
        time.sleep(0.3)
    raise TimeoutError(f"{len(list(folder.iterdir()))} of {count} letters arrived")


def without_sink_lines(raw):
    """Drop what smtp-sink writes before the message, and give the lines their CRLF again."""
    lines = raw.replace(b"\r\n", b"\n").split(b"\n")
    while lines[0].startswith((b"X-Client", b"X-Mail", b"X-Rcpt", b"X-Helo")):
        lines.pop(0)
    return b"\r\n".join(lines).strip() + b"\r\n"


def free_port():
    with contextlib.closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]
