"""The WSGI entry point that the web server loads."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "iys_portal.settings")

application = get_wsgi_application()
gc.freeze()  # what was loaded stays to the end: the garbage collector need not look through it again and again
