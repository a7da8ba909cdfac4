"""The app of the papers."""

from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class PapersConfig(AppConfig):
    """Keeps the search index beside the tables."""

    name = "papers"

    def ready(self) -> None:
        from papers.search.index import ensure_after_migrate  # models are ready only now

        post_migrate.connect(ensure_after_migrate, sender=self, dispatch_uid="papers.search.index")
