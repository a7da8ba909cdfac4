"""The editor's desk for papers, topics, sources and suggestions."""

from papers.admin import paper, source, suggestion, topic

__all__ = ["paper", "source", "suggestion", "topic"]
