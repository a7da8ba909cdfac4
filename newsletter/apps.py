"""The app of the newsletter."""

from __future__ import annotations

from django.apps import AppConfig


class NewsletterConfig(AppConfig):
    """Listens to what mail providers report."""

    name = "newsletter"

    def ready(self) -> None:
        from newsletter import checks, webhooks  # models are ready only now

        webhooks.connect()
        checks.register_all()
