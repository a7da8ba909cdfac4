"""The editor's desks."""

from newsletter.admin import digests, editions, experiments, ranking

__all__ = ["digests", "editions", "experiments", "ranking"]
