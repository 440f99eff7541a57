"""The composition root: settings, URLs, Celery, the admin site, and the kernel shared by all apps."""

from iys_portal.celery import app as celery_app

__all__ = ["celery_app"]
