"""The web application."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver
from django.utils.module_loading import import_string

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()
# Before gunicorn forks (--preload), so that its workers share the pages and no reader waits until they are loaded.
assert get_resolver().url_patterns
# Nor while 1,400 names of machines are compiled, 0.2 s at the first letter that is opened.
assert import_string("newsletter.tracking.is_machine_name")("curl/8")
# What is loaded stays. Looking at it for garbage would write into it, and each worker would copy 20 MB and more.
gc.freeze()
