"""The Celery application: it only nudges; what is due stands in the database."""

import gc
import os

from celery import Celery
from celery.signals import worker_init

from config.schedule import SCHEDULE

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("paper_round")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = SCHEDULE

# What is loaded before the fork stays, and so stays shared: no worker looks at it for garbage.
worker_init.connect(lambda **_: gc.freeze(), weak=False)
