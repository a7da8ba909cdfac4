"""Measuring the ranker on libraries of real readers: the classes that rank the digests, on data in a plain format."""

from papers.evaluating.run import evaluate

__all__ = ["evaluate"]
