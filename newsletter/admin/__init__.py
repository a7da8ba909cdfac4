"""The editor's desks."""

from newsletter.admin import editions, ranking

__all__ = ["editions", "ranking"]
