"""The Celery application. Rows are the queue; a task only rings the doorbell (see iys_portal.audit.outbox)."""

import os

from celery import Celery
from celery.signals import setup_logging
from django_structlog.celery.steps import DjangoStructLogInitStep

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "iys_portal.settings")

app = Celery("iys_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.steps["worker"].add(DjangoStructLogInitStep)
app.autodiscover_tasks()


@setup_logging.connect
def use_the_portals_logging(**_kwargs: object) -> None:
    """Keep Celery from replacing the logging set up in settings: one format for every process."""
