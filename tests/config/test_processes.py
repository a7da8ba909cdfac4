"""Each process loads what its work needs and no more."""

import datetime as dt
import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.urls import reverse

from config.celery import get_ready
from mail import links

# What run_digests does until its first letter is ready, in a process of its own.
SENDS = """
import datetime as dt
import django
django.setup()
from django.core.management import load_command_class
from newsletter.examples import example, names
digests = load_command_class("newsletter", "run_digests")
digests.check(tags=digests.requires_system_checks)
for name in names():
    assert example(name, now=dt.datetime.now(dt.UTC)).html
"""
HEAVY = {
    "the addresses of the site": {"config.urls", "newsletter.urls", "subscribers.urls", "papers.urls"},
    "its pages": {"newsletter.views", "subscribers.views", "papers.views", "config.metrics", "prometheus_client"},
    "its API": {"papers.api", "ninja", "pydantic"},
    "its forms": {"subscribers.forms", "email_validator", "disposable_email_domains"},
    "the desks of editors": {"config.staff", "newsletter.admin", "subscribers.admin", "papers.admin"},
    "Celery": {"celery", "kombu", "config.celery", "newsletter.tasks"},
    "what providers report": {"newsletter.webhooks", "anymail.webhooks"},
    "what readers do with letters, and the names of machines": {"newsletter.tracking", "crawlerdetect"},
    "the signer of letters, without a key, and its client of the DNS": {"dkim", "dns"},
    "the calendars of holidays, before a reader wants them quiet": {"holidays"},
    "a second library of linear algebra": {"scipy.linalg"},
    "the client of a database that is not in use": {"psycopg"},
}


def modules_of(code, folder):
    """Return the names of the modules that a process has loaded that does this and no more."""
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"],
        cwd=settings.BASE_DIR,
        env={"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "config.settings", "VAR_DIR": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.fixture(scope="module")
def modules(tmp_path_factory):
    return modules_of(SENDS, tmp_path_factory.mktemp("var"))


@pytest.mark.parametrize("what", HEAVY)
def test_a_process_that_sends_does_not_load(what, modules):
    assert "newsletter.sending.batch" in modules
    assert HEAVY[what] & modules == set()


def test_a_worker_of_celery_refuses_a_webhook_that_anybody_could_forge(settings):
    settings.EMAIL_BACKEND, settings.ANYMAIL = "anymail.backends.postmark.EmailBackend", {}
    with pytest.raises(SystemExit, match="newsletter.E001"):
        get_ready()


LOADS_THE_SITE = """
import gc
import config.wsgi
from django.db import connection
from newsletter.tracking import is_machine_name
assert is_machine_name.cache_info().currsize, "the first reader who opens a letter waits"
assert gc.get_freeze_count() > 100_000, "each worker makes a copy of what is loaded"
assert connection.connection is None, "workers would read each other's answers"
"""


def test_the_site_loads_its_pages_before_its_workers_are_forked(tmp_path):
    assert {"papers.views", "subscribers.admin", "config.celery"} <= modules_of(LOADS_THE_SITE, tmp_path)


@pytest.mark.parametrize("path", ["compose.yaml", "deploy/paper-round-web.service"])
def test_the_site_is_loaded_once_for_all_its_workers(path):
    (starts,) = [line for line in (settings.BASE_DIR / path).read_text().splitlines() if " config.wsgi" in line]
    assert "gunicorn" in starts
    assert "--preload" in starts


SAMPLES = {"token": "T0k-en_", "number": 7, "kind": "more", "day": dt.date(2025, 7, 29)}


@pytest.mark.parametrize("name", links.PATHS)
def test_a_page_stands_where_letters_lead(name):
    args = [SAMPLES[part.partition(">")[0]] for part in links.PATHS[name].split("<")[1:]]
    assert links.reverse(name, args=args) == reverse(name, args=args)
