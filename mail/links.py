"""The only file that knows our address on the web."""

from django.conf import settings


def absolute(path: str) -> str:
    """Return the full address of a path of ours ("/unsubscribe/…/"), for a letter or a feed."""
    return f"{settings.SITE_URL}{path}"
