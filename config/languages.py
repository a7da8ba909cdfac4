"""Which language a page speaks: the reader's on the site, English on the pages of the staff, which have no other."""

from django.conf import settings
from django.http import HttpRequest
from django.middleware.locale import LocaleMiddleware
from django.urls import reverse
from django.utils import translation


class LanguageMiddleware(LocaleMiddleware):
    """Never mix Django's words in German with ours in English: admin and the gallery are English to every browser."""

    def process_request(self, request: HttpRequest) -> None:
        if request.path.startswith((reverse("admin:index"), reverse("gallery"))):
            translation.activate(settings.LANGUAGE_CODE)
            request.LANGUAGE_CODE = settings.LANGUAGE_CODE
        else:
            super().process_request(request)
