"""The web application."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()
# Before gunicorn forks, so that its workers share the pages and no reader waits until they are loaded.
assert get_resolver().url_patterns
