"""The Celery application: it only nudges; what is due stands in the database."""

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging, worker_init
from django.core.management import load_command_class
from django.core.management.base import CommandError
from django.db import connections

from config.schedule import SCHEDULE

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# Celery's own run of the checks loads every page, 30 MB, and throws away what was found.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

app = Celery("paper_round")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = SCHEDULE


@setup_logging.connect
def keep_our_log(**_: Any) -> None:
    """Leave the log as the settings made it: a handler of Celery's own would write addresses and tokens out."""


@worker_init.connect
def get_ready(**_: Any) -> None:
    """Start only where run_digests would; get ready before the fork, so that what is loaded stays shared."""
    digests: Any = load_command_class("newsletter", "run_digests")
    try:
        digests.check(tags=digests.requires_system_checks)
        digests.get_ready()
    except CommandError as error:
        raise SystemExit(str(error)) from error  # any other exception is logged by Celery, and the worker goes on
    connections.close_all()  # workers that are forked with one would read each other's answers
