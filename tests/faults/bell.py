"""The product's Celery with a faster clock: `celery -A tests.faults.bell`."""

from config.celery import app

app.conf.beat_schedule = {"tick": {"task": "newsletter.tasks.tick", "schedule": 1.0, "options": {"expires": 15}}}
