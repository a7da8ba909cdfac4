"""The editor's desks."""

from newsletter.admin import editions, experiments, ranking

__all__ = ["editions", "experiments", "ranking"]
