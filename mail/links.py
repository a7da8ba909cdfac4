"""The only file that knows our address on the web."""

import re
from collections.abc import Iterable

from django.conf import settings

# Where letters lead. What was sent leads there for years, so these stay; a test holds them against the url patterns.
# Asking the patterns themselves would load every page of the site into the process that sends: 30 MB.
PATHS = {
    "click": "/c/<token>/<number>/",
    "confirm": "/confirm/<token>/",
    "day": "/papers/<day>/",
    "feedback": "/f/<token>/<number>/<kind>/",
    "manage": "/preferences/<token>/",
    "new_address": "/address/<token>/",
    "one_click": "/u/<token>/",
    "open_pixel": "/o/<token>.gif",
    "stay": "/stay/<token>/",
    "unsubscribe": "/unsubscribe/<token>/",
    "web_view": "/d/<token>/",
}


def absolute(path: str) -> str:
    """Return the full address of a path of ours ("/unsubscribe/…/"), for a letter or a feed."""
    return f"{settings.SITE_URL}{path}"


def reverse(name: str, *, args: Iterable[object]) -> str:
    """Return the path of a page that letters lead to, as Django's `reverse` does; the parts are not escaped."""
    parts = iter(args)
    return re.sub("<[a-z]+>", lambda _: str(next(parts)), PATHS[name])
