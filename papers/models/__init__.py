"""What is published: topics, papers, and the sources they come from."""

from papers.models.paper import Paper, PaperQuerySet, PaperTopic, VoteSnapshot
from papers.models.source import HostTurn, Source, SourceRun
from papers.models.suggestion import Suggestion
from papers.models.topic import Topic, topic_label
from papers.models.vector_model import VectorModel

__all__ = [
    "HostTurn",
    "Paper",
    "PaperQuerySet",
    "PaperTopic",
    "Source",
    "SourceRun",
    "Suggestion",
    "Topic",
    "VectorModel",
    "VoteSnapshot",
    "topic_label",
]
