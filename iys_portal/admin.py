"""Take off the administrators' site what libraries put there and nobody here works with.

The schedule of jobs is code (settings.CELERY_BEAT_SCHEDULE), and people are known by their TCKN, not by the
accounts that allauth keeps. Imported last: the portal's own app stands last among the installed ones.
"""

from django.apps import apps
from django.contrib import admin

_FOREIGN_APPS = ("django_celery_beat", "account", "socialaccount")

for _label in _FOREIGN_APPS:
    for _model in apps.get_app_config(_label).get_models():
        if admin.site.is_registered(_model):
            admin.site.unregister(_model)
