"""What a paper is about: a classifier over phrases that an editor can read and change, and how good it is."""

from papers.topics.classifier import Classifier, TopicRule, Verdict

__all__ = ["Classifier", "TopicRule", "Verdict"]
