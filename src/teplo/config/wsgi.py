"""Django as a WSGI application; the collector in front of it is in `asgi.py`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "teplo.config.settings")
application = get_wsgi_application()
