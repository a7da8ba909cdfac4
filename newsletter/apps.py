"""The app of the newsletter."""

from __future__ import annotations

from django.apps import AppConfig


class NewsletterConfig(AppConfig):
    """Says at each start what must be set before letters may leave."""

    name = "newsletter"

    def ready(self) -> None:
        from newsletter import checks  # models are ready only now

        checks.register_all()
