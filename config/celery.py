"""The Celery application: it only nudges; what is due stands in the database."""

import os

from celery import Celery
from celery.signals import worker_init

from config.schedule import SCHEDULE
from newsletter.memory import settle

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("paper_round")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = SCHEDULE

# Before the fork, so that what is loaded stays shared.
worker_init.connect(lambda **_: settle(), weak=False)
