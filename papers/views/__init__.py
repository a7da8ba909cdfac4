"""The pages of the papers: one file a page."""

from papers.views.day import day
from papers.views.paper import paper
from papers.views.plumbing import health, robots
from papers.views.topic import topic

__all__ = ["day", "health", "paper", "robots", "topic"]
