"""Papers as vectors: what they are about, in numbers that can be compared."""

from papers.vectors.keeping import catch_up, from_bytes, refit

__all__ = ["catch_up", "from_bytes", "refit"]
