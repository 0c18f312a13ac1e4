"""The Celery application. Tasks are doorbells: ids in, one verb."""

import os

from celery import Celery

from outreach.schedule import SCHEDULE

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "outreach.settings")
app = Celery("outreach")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.beat_schedule = SCHEDULE
app.autodiscover_tasks()
