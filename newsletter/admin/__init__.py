"""The editor's desks."""

from newsletter.admin import announcements, digests, editions, experiments, ranking

__all__ = ["announcements", "digests", "editions", "experiments", "ranking"]
