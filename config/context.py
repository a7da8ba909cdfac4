"""What every page may say about the site."""

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, str]:
    """Return the newsletter's name, its editor and its address for the templates."""
    return {
        "newsletter_name": settings.NEWSLETTER_NAME,
        "editor_name": settings.EDITOR_NAME,
        "site_url": settings.SITE_URL,
        "postal_address": settings.POSTAL_ADDRESS,
    }
